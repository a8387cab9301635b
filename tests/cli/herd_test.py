"""`freshet herd` in the model: the table and chart for terminals, JSON, and the picture. The same seed gives the same run."""

import json
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from program import DONE, USAGE, freshet

SITE = ["--clients", "10000", "--down", "5s", "--rate", "1000"]


class HerdTest(unittest.TestCase):
    def run_herd(self, *arguments):
        ran = freshet("herd", *SITE, *arguments)
        self.assertEqual(ran.returncode, DONE, ran.stderr)
        return ran.stdout

    def test_a_run_is_a_sentence_a_row_and_a_chart_that_fit_a_terminal(self):
        lines = self.run_herd().splitlines()
        self.assertEqual(lines[0], "10,000 clients, server away for 5.0 s, then admits 1,000 a second; "
                                   "no server could have all back before 15.0 s")
        chart = next(index for index, line in enumerate(lines) if line.startswith("windowed: "))
        self.assertEqual(lines[chart], "windowed: arrivals per 100 ms, where the server admits 100")
        self.assertLessEqual(max(len(line) for line in lines[chart:]), 100)
        away, axis = lines[-2:]
        self.assertRegex(away, r"^ +away ░+$")
        self.assertRegex(axis, r"^ +0 s +\d+ s$")
        # The outage is as long in the chart as it was, to a column.
        end = int(axis.split()[-2])
        self.assertAlmostEqual(away.count("░") / (len(axis) - len(" 0 s    ")), 5 / end, delta=0.05)

    def test_json_has_the_settings_the_figures_and_the_whole_curve(self):
        told = json.loads(self.run_herd("--policy", "windowed,signalr", "--no-tickets", "--json"))
        self.assertEqual((told["settings"]["clients"], told["settings"]["tickets"]), (10000, False))
        ours, signalr = told["results"]
        self.assertEqual((ours["policy"], ours["recovered"]), ("windowed", 10000))
        self.assertEqual(sum(ours["curve"]["recovered"]), 10000)
        self.assertEqual(max(ours["curve"]["arrivals"]), ours["peak_per_100ms"])
        self.assertIsNone(signalr["all_back_ms"])
        self.assertGreater(signalr["gave_up"], 0)

    def test_the_picture_is_well_formed_and_nothing_of_it_is_cut_off(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "herd.svg")
            self.run_herd("--policy", "windowed,eventsource,signalr", "--svg", str(path))
            svg = ElementTree.fromstring(path.read_text())
        name = "{http://www.w3.org/2000/svg}"
        words = ["".join(text.itertext()) for text in svg.iter(name + "text")]
        self.assertEqual(words[0], "10,000 clients, server away for 5.0 s, then admits 1,000 a second")
        for said in ("windowed", "eventsource", "signalr", "0 s", "100 %", "10,000"):
            self.assertIn(said, words)
        width, height = map(float, svg.attrib["viewBox"].split()[2:])
        for text in svg.iter(name + "text"):
            # The widest of the fonts named has letters of 7.6; the heading is wider and has room.
            length = 7.6 * len("".join(text.itertext()))
            begin = float(text.attrib["x"]) - length * {"end": 1, "middle": 0.5}.get(
                text.attrib["class"].split()[-1], 0)
            self.assertGreater(begin, 0, text.text)
            self.assertLess(begin + length, width, text.text)
            self.assertLess(float(text.attrib["y"]), height)
        for path in svg.iter(name + "path"):
            for x in re.findall(r"[MLH]([\d.]+)", path.attrib["d"]):
                self.assertLessEqual(float(x), width)

    def test_an_unknown_policy_is_refused_and_told_which_there_are(self):
        ran = freshet("herd", "--policy", "hope")
        self.assertEqual(ran.returncode, USAGE)
        self.assertIn("windowed", ran.stderr)


if __name__ == "__main__":
    unittest.main()
