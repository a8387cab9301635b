"""`freshet replay`: the rows of a file, at a pace."""

import json
import tempfile
import time
import unittest
from pathlib import Path

from program import DONE, ENDS, UNREACHABLE, USAGE, ProgramTest, freshet

PRICES = 'symbol,bid,note\nAAPL,187.2,"first, and ""quoted"""\nMSFT,12,\nAAPL,187.4,x\n'


class ReplayTest(ProgramTest):
    def setUp(self):
        self.here = self.server()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, text, name="prices.csv"):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def replay(self, *arguments, **more):
        return freshet("replay", *arguments, "--url", self.here.url, **more)

    def published(self, count):
        ended = freshet("sub", ">", "--cursor", "earliest", "--count", str(count), "--url", self.here.url)
        return [(line["topic"], line["data"]) for line in map(json.loads, ended.stdout.splitlines())]

    def test_rows_of_csv_go_to_the_topics_of_their_columns(self):
        self.assert_ends(self.replay(self.file(PRICES), "--topic", "prices.{symbol}", "--rate", "1000"), DONE)
        self.assertEqual(self.published(3), [
            ("prices.AAPL", {"symbol": "AAPL", "bid": 187.2, "note": 'first, and "quoted"'}),
            ("prices.MSFT", {"symbol": "MSFT", "bid": 12, "note": None}),
            ("prices.AAPL", {"symbol": "AAPL", "bid": 187.4, "note": "x"}),
        ])

    def test_lines_of_json_and_the_input_do_as_well(self):
        rows = '{"room":"lobby","text":"hi"}\n\n{"room":"a b","text":"ho"}\n'
        self.assert_ends(self.replay(self.file(rows), "--topic", "chat.{room}", "--rate", "1000"), DONE)
        self.assert_ends(self.replay("-", "--topic", "chat.{room}", "--rate", "1000", input=rows), DONE)
        self.assertEqual([topic for topic, _ in self.published(4)], ["chat.lobby", "chat.a_b"] * 2)

    def test_the_rate_spaces_the_rows(self):
        began = time.monotonic()
        self.assert_ends(self.replay(self.file(PRICES), "--topic", "a", "--rate", "20"), DONE)
        # Only a floor: three rows, 50 ms each.
        self.assertGreaterEqual(time.monotonic() - began, 0.15)

    def test_loop_begins_again_until_a_signal(self):
        for name, number in ENDS.items():
            with self.subTest(name):
                looping = self.running("replay", self.file(PRICES), "--topic", f"{name}", "--rate", "500", "--loop",
                                       "--url", self.here.url)
                heard = freshet("sub", name, "--cursor", "earliest", "--count", "7", "--url", self.here.url)
                self.assertEqual(len(heard.stdout.splitlines()), 7)
                self.assertEqual(looping.end(number), DONE)

    def test_what_cannot_be_replayed_is_told_by_line(self):
        cases = [
            ([self.file("a,b\n1,2\n3\n", "short.csv"), "--topic", "a"], "line 3"),
            ([self.file('{"a":1}\n[2]\n', "list.json"), "--topic", "a"], "line 2"),
            ([self.file("", "empty.csv"), "--topic", "a"], "no row"),
            ([self.file(PRICES), "--topic", "prices.{isin}"], "'isin'"),
            ([self.file(PRICES), "--topic", "prices.{note}.*"], "not a topic"),
            ([self.file(PRICES)], "--topic"),
            ([self.file(PRICES), "--topic", "a", "--rate", "0"], "--rate"),
            ([str(self.folder / "nowhere"), "--topic", "a"], "nowhere"),
            ([str(self.folder), "--topic", "a"], "is a folder"),
        ]
        for arguments, why in cases:
            with self.subTest(arguments):
                self.assert_ends(self.replay(*arguments), USAGE, why)

    def test_nobody_there_is_unreachable(self):
        self.here.end(ENDS["SIGTERM"])
        self.assert_ends(self.replay(self.file(PRICES), "--topic", "a"), UNREACHABLE, "cannot reach")


if __name__ == "__main__":
    unittest.main()
