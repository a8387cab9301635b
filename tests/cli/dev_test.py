"""`./dev`: what it lists and what it refuses before it builds anything."""

import subprocess
import unittest
from pathlib import Path

from program import TIME_MAX, ProgramTest

DEV = Path(__file__).resolve().parents[2] / "dev"
COMMANDS = ["setup", "build", "run", "test", "e2e", "wasm", "bench", "format"]


def dev(*arguments):
    return subprocess.run([DEV, *arguments], capture_output=True, text=True, timeout=TIME_MAX, stdin=subprocess.DEVNULL)


class DevTest(ProgramTest):
    def test_alone_it_lists_its_commands_and_each_is_a_script(self):
        ended = dev()
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for command in COMMANDS:
            self.assertRegex(ended.stdout, rf"(?m)^  {command} +\S")
            self.assertTrue((DEV.parent / f"scripts/{command}.sh").exists())

    def test_an_unknown_command_or_option_is_a_mistake_of_usage(self):
        self.assertEqual(dev("frob").returncode, 2)
        self.assertEqual(dev("run", "--frob").returncode, 2)
        # Before it builds anything.
        ended = dev("bench", "frob")
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertIn("usage: ./dev bench fanout|", ended.stderr)

    def test_run_tells_a_taken_port_before_it_builds(self):
        taken = self.server()
        ended = dev("run", "--port", str(taken.port))
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        self.assertIn(f"port {taken.port} is in use", ended.stderr)
        self.assertIn(f"./dev run --port {taken.port + 1}", ended.stderr)


if __name__ == "__main__":
    unittest.main()
