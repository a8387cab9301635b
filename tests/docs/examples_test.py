"""Runs the examples of README.md and docs/publishing.md that a `<!-- test: NAME -->` line stands before.

The page's example runs in Chromium (e2e/packaging), the C++ programs are built by tests/package, the TypeScript by
e2e/packaging too.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import PROGRAM, TIME_MAX, ProgramTest, environment

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"<!-- test: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)


def blocks(file):
    """The marked blocks of a file by their names."""
    return dict(BLOCK.findall((ROOT / file).read_text()))


class ExamplesTest(ProgramTest):
    def setUp(self):
        self.here = self.server()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # `freshet` is found as it would be after an installation.
        (self.folder / "bin").mkdir()
        (self.folder / "bin/freshet").symlink_to(PROGRAM)

    def example(self, file, name):
        text = blocks(file)[name]
        self.assertIn("127.0.0.1:8080", text + "127.0.0.1:8080" * ("freshet " in text))
        return text.replace("127.0.0.1:8080", self.here.address)

    def start(self, *command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                   start_new_session=True,
                                   env=environment(FRESHET_URL=self.here.url,
                                                   PATH=f"{self.folder}/bin:{os.environ['PATH']}"))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        # With whatever it started in the background.
        self.addCleanup(lambda: subprocess.run(["kill", "-KILL", "--", f"-{process.pid}"], check=False,
                                               stderr=subprocess.DEVNULL))
        return process

    def run_to_its_end(self, *command):
        process = self.start(*command)
        output, errors = process.communicate(timeout=TIME_MAX)
        self.assertEqual(process.returncode, 0, errors)
        return output

    def line_with(self, process, part):
        for line in process.stdout:
            if part in line:
                return line
        raise AssertionError(f"it ended without '{part}': {process.stderr.read()}")

    def arrived(self, topic):
        messages = json.loads(self.here.request(f"/v1/topics/{topic}/messages")[2])["messages"]
        return [message["data"] for message in messages]

    def test_the_readmes_stream_hears_what_its_curl_publishes(self):
        shell = self.start("bash", "-c", self.example("README.md", "curl") + "wait")
        self.assertIn('"data":{"text":"hi"}', self.line_with(shell, "data: {\"id\""))

    def test_the_readmes_polling_loop_goes_on_from_its_cursor(self):
        self.here.publish("chat.lobby", '"first"')
        shell = self.start("sh", "-c", self.example("README.md", "poll"))
        self.assertIn('"first"', self.line_with(shell, '{"id"'))
        self.here.publish("chat.lobby", '"second"')
        # The first again would be a loop that forgets its cursor.
        self.assertIn('"second"', self.line_with(shell, '{"id"'))

    def test_publishing_by_curl(self):
        self.assertIn('"cursor"', self.run_to_its_end("sh", "-c", self.example("docs/publishing.md", "curl")))
        self.assertEqual(self.arrived("chat.lobby"), [{"text": "hi"}])

    def test_publishing_many(self):
        answers = self.run_to_its_end("sh", "-c", self.example("docs/publishing.md", "many")).splitlines()
        self.assertEqual([json.loads(line)["op"] for line in answers], ["ack", "ack"])
        self.assertEqual(self.arrived("prices.MSFT"), [{"bid": 402.1}])

    def test_publishing_by_the_program(self):
        (self.folder / "prices.csv").write_text("symbol,bid\nAAPL,187.2\n")
        self.run_to_its_end("sh", "-ec", self.example("docs/publishing.md", "freshet"))
        self.assertEqual(self.arrived("chat.lobby"), [{"text": "hi"}])
        self.assertEqual(self.arrived("prices.AAPL"), [{"symbol": "AAPL", "bid": 187.2}])

    def publishes_by(self, *command):
        self.assertTrue(shutil.which(command[0]), f"there is no {command[0]} here: scripts/setup.sh test installs it")
        output = self.run_to_its_end(*command)
        self.assertEqual(self.arrived("chat.lobby"), [{"text": "hi"}])
        return output

    def test_publishing_from_python(self):
        output = self.publishes_by("python3", "-c", self.example("docs/publishing.md", "python"))
        self.assertEqual(output, "1\n")

    def test_publishing_from_node(self):
        output = self.publishes_by("node", "--input-type=module", "-e", self.example("docs/publishing.md", "node"))
        self.assertEqual(output, "1\n")

    def test_publishing_from_php(self):
        output = self.publishes_by("php", "-r", self.example("docs/publishing.md", "php"))
        self.assertEqual(output, "1\n")


if __name__ == "__main__":
    unittest.main()
