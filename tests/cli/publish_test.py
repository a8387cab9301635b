"""`freshet pub`: one value, a whole input, or the lines of a pipe."""

import json
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import (DONE, ENDS, REFUSED, TIME_MAX, UNREACHABLE, USAGE, ProgramTest, environment, freshet, PROGRAM)


class PublishTest(ProgramTest):
    def setUp(self):
        self.here = self.server()

    def publish(self, *arguments, **more):
        return freshet("pub", *arguments, "--url", self.here.url, **more)

    def history(self, topic):
        messages = json.loads(self.here.request(f"/v1/topics/{topic}/messages")[2])["messages"]
        return sorted(messages, key=lambda message: message["id"])

    def values(self, topic):
        return [message["data"] for message in self.history(topic)]

    def test_a_value_is_published_and_its_id_printed(self):
        ended = self.publish("chat.lobby", '{"text":"hi"}')
        self.assert_ends(ended, DONE)
        self.assertEqual(json.loads(ended.stdout), {"id": self.history("chat.lobby")[0]["id"]})
        self.assertEqual(self.values("chat.lobby"), [{"text": "hi"}])

    def test_without_a_value_the_whole_input_is_it(self):
        self.assert_ends(self.publish("a", input='{"x":\n 1}\n'), DONE)
        self.assertEqual(self.values("a"), [{"x": 1}])

    def test_lines_become_objects_and_json_lines_stay_what_they_are(self):
        ended = self.publish("a", "--lines", input='one\r\n\n"two" \\ three')
        self.assert_ends(ended, DONE)
        self.assertEqual(len(ended.stdout.splitlines()), 3)
        self.assertEqual(self.values("a"), [{"line": "one"}, {"line": ""}, {"line": '"two" \\ three'}])
        self.assert_ends(self.publish("b", "--lines", "--json", input='{"x":1}\n\n2\n'), DONE)
        self.assertEqual(self.values("b"), [{"x": 1}, 2])

    def test_a_line_that_is_no_json_is_told_by_its_number(self):
        ended = self.publish("a", "--lines", "--json", input="1\n\n{oops\n")
        self.assert_ends(ended, USAGE, "line 3: ")

    def test_a_line_that_is_no_utf8_is_mended(self):
        ended = subprocess.run([PROGRAM, "pub", "a", "--lines", "--url", self.here.url], input=b"gr\xfc\xdfe\n",
                               capture_output=True, timeout=TIME_MAX, env=environment())
        self.assertEqual(ended.returncode, DONE, ended.stderr)
        self.assertEqual(self.values("a"), [{"line": "gr\ufffd\ufffde"}])

    def test_each_transport_publishes(self):
        for transport in ("websocket", "sse", "long-polling", "polling"):
            self.assert_ends(self.publish("a", f'"{transport}"', "--transport", transport), DONE)
        self.assertEqual(self.values("a"), ["websocket", "sse", "long-polling", "polling"])

    def test_a_followed_file_arrives_line_by_line_until_a_signal(self):
        for name, number in ENDS.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                log = Path(folder, "app.log")
                log.write_text("before\n")
                tail = subprocess.Popen(["tail", "-F", str(log)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                self.addCleanup(tail.stdout.close)
                self.addCleanup(tail.wait)
                self.addCleanup(tail.kill)
                pipe = self.running("pub", "notifications.log", "--lines", "--url", self.here.url, stdin=tail.stdout)
                self.assertIn("id", pipe.line())
                with log.open("a") as more:
                    more.write("after\n")
                self.assertIn("id", pipe.line())
                self.assertEqual(self.values("notifications.log")[-2:], [{"line": "before"}, {"line": "after"}])
                # It waits in a read that the signal has to end.
                self.assertEqual(pipe.end(number), DONE)

    def test_the_end_of_the_reader_ends_it(self):
        pipe = self.running("pub", "a", "--lines", "--url", self.here.url, stdin=subprocess.PIPE)
        pipe.write("1\n")
        pipe.line()
        pipe.process.stdin.close()
        self.assertEqual(pipe.end(), DONE)

    def test_what_cannot_be_published_is_a_mistake_of_usage(self):
        cases = [
            (["chat.*", "1"], "'chat.*' is not a topic"),
            (["chat..x", "1"], "empty segment"),
            (["a", "{oops"], "'{oops' is not one JSON value"),
            (["a", "hi"], """'hi' is not one JSON value in UTF-8; text is written '"hi"'"""),
            (["a", ""], "'' is not one JSON value"),
            (["a", "1", "2"], "2"),
            (["a", "1", "--lines"], "--lines"),
            (["a", "--json"], "--lines"),
            (["a", "1", "--transport", "pigeon"], "'pigeon'"),
            (["a", "1", "--ca-file", "/nowhere"], "/nowhere"),
            ([], "topic"),
        ]
        for arguments, why in cases:
            with self.subTest(arguments):
                self.assert_ends(self.publish(*arguments), USAGE, why)
        self.assert_ends(freshet("pub", "a", "1", "--url", "ftp://127.0.0.1"), USAGE, "http://")

    def test_a_server_that_is_not_there_is_unreachable(self):
        self.here.end(signal.SIGTERM)
        self.assert_ends(self.publish("a", "1"), UNREACHABLE, "cannot reach", self.here.url)

    def test_the_servers_no_is_refused(self):
        self.assert_ends(self.publish("$sys.a", "1"), REFUSED, "reserved")
        closed = self.server(FRESHET_PUBLISH_KEY="s3cret")
        to_it = ["pub", "a", "1", "--url", closed.url]
        self.assert_ends(freshet(*to_it), REFUSED, "key")
        self.assert_ends(freshet(*to_it, "--key", "wrong"), REFUSED)
        self.assert_ends(freshet(*to_it, "--key", "s3cret"), DONE)
        self.assert_ends(freshet(*to_it, FRESHET_PUBLISH_KEY="s3cret"), DONE)
        small = self.server("--message-bytes-max", "100")
        self.assert_ends(freshet("pub", "a", "--url", small.url, input='"' + "x" * 200 + '"'), REFUSED, "100")

    def test_the_address_may_come_from_the_environment(self):
        self.assert_ends(freshet("pub", "a", "1", FRESHET_URL=self.here.url), DONE)


if __name__ == "__main__":
    unittest.main()
