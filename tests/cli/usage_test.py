"""What the program says of itself and of mistakes on the command line."""

import re
import unittest

from program import DONE, USAGE, ProgramTest, freshet

COMMANDS = ["serve", "pub", "sub", "replay", "herd", "demo"]


class UsageTest(ProgramTest):
    def test_help_lists_the_commands_and_the_exit_codes(self):
        ended = freshet("--help")
        self.assert_ends(ended, DONE)
        for command in COMMANDS:
            self.assertRegex(ended.stdout, rf"(?m)^  {command} +\S")
        self.assertIn("0 done, 1 failed, 2 usage, 3 unreachable, 4 refused", ended.stdout)

    def test_help_fits_a_terminal_and_describes_every_option(self):
        for command in COMMANDS:
            ended = freshet(command, "--help")
            self.assert_ends(ended, DONE)
            for line in ended.stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)
            # An option's text begins on its own line or, after a long name, on the next.
            for name, text in re.findall(r"(?m)^  (-\S.*?)(?:  +|\n {30})(.*)$", ended.stdout):
                self.assertTrue(text.strip(), name)

    def test_help_never_shows_a_key(self):
        for command in COMMANDS:
            self.assertNotIn("s3cret", freshet(command, "--help", FRESHET_PUBLISH_KEY="s3cret").stdout)

    def test_the_version_is_one_line(self):
        self.assertRegex(freshet("--version").stdout, r"^freshet \d+\.\d+\.\d+\n$")

    def test_a_missing_or_unknown_command_is_told(self):
        self.assert_ends(freshet(), USAGE, "a command is missing", "freshet --help")
        self.assert_ends(freshet("frob"), USAGE, "'frob'", "freshet --help")

    def test_an_unknown_option_is_told_with_where_help_is(self):
        arguments = {"serve": [], "pub": ["chat.lobby", "1"], "sub": ["chat.*"], "replay": [__file__, "--topic", "a"], "herd": [],
                     "demo": ["--pages", "."]}
        for command in COMMANDS:
            ended = freshet(command, *arguments[command], "--frob")
            self.assert_ends(ended, USAGE, f"freshet {command}: there is no option '--frob'", f"freshet {command} --help")
            self.assertEqual(ended.stdout, "")

    def test_a_number_that_is_none_is_told(self):
        self.assert_ends(freshet("herd", "--clients", "many"), USAGE, "--clients: 'many' is not a number")
        self.assert_ends(freshet("herd", "--clients", "-1"), USAGE, "--clients: '-1' is not a number that it takes")


if __name__ == "__main__":
    unittest.main()
