"""`freshet demo`: the herd lab's order kills the server under real clients, and all of them come back."""

import json
import tempfile
import unittest

from program import Running, freshet


class DemoTest(unittest.TestCase):
    def test_the_herd_comes_back_from_a_real_kill_and_what_happened_is_told(self):
        with tempfile.TemporaryDirectory() as pages:
            demo = Running(self, "demo", "--pages", pages, "--port", "0", "--clients", "40", "--rate", "100",
                           "--down", "500ms", "--ping", "500ms")
            url = demo.line("stdout").split()[-1]
            told = Running(self, "sub", "demo.herd", "--cursor", "earliest", "--url", url)
            self.assertEqual(json.loads(told.line("stdout"))["data"],
                             {"kind": "ready", "clients": 40, "rate": 100, "down_ms": 500})
            asked = freshet("pub", "demo.herd.ask", "{}", "--url", url)
            self.assertEqual(asked.returncode, 0, asked.stderr)
            kinds = []
            while not kinds or kinds[-1] == "progress":
                result = json.loads(told.line("stdout"))["data"]
                kinds.append(result["kind"])
            self.assertEqual(kinds[-1], "result", result)
            self.assertEqual(result["recovered"], 40)
            self.assertEqual(sum(result["back"]), 40)
            self.assertEqual((result["lost"], result["twice"]), (0, 0))

    def test_it_says_when_its_port_is_taken(self):
        with tempfile.TemporaryDirectory() as pages:
            first = Running(self, "demo", "--pages", pages, "--port", "0")
            port = first.line("stdout").split()[-1].rsplit(":", 1)[1]
            second = freshet("demo", "--pages", pages, "--port", port)
            self.assertEqual(second.returncode, 1)
            self.assertIn("freshet demo: the server did not start", second.stderr)
