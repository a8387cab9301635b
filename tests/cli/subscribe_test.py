"""`freshet sub`: NDJSON on the output, everything else on stderr."""

import json
import os
import subprocess
import unittest

from program import DONE, ENDS, PROGRAM, REFUSED, TIME_MAX, UNREACHABLE, USAGE, ProgramTest, environment, freshet


class SubscribeTest(ProgramTest):
    def setUp(self):
        self.here = self.server()

    def subscribe(self, *arguments, **more):
        return freshet("sub", *arguments, "--url", self.here.url, **more)

    def publish(self, topic, *values):
        for value in values:
            self.here.publish(topic, json.dumps(value))

    def test_each_transport_prints_the_same_frames(self):
        self.publish("prices.AAPL", {"bid": 187.2}, {"bid": 187.3})
        outputs = set()
        for transport in ("websocket", "sse", "long-polling", "polling"):
            ended = self.subscribe("prices.*", "--transport", transport, "--cursor", "earliest", "--count", "2")
            self.assert_ends(ended, DONE)
            outputs.add(ended.stdout)
        self.assertEqual(len(outputs), 1)
        lines = [json.loads(line) for line in outputs.pop().splitlines()]
        self.assertEqual([list(line) for line in lines], [["id", "topic", "time", "data"]] * 2)
        self.assertEqual([line["data"] for line in lines], [{"bid": 187.2}, {"bid": 187.3}])

    def test_each_start_is_understood(self):
        self.publish("a", 1, 2, 3)
        cursor = json.loads(self.here.request("/v1/topics/a/messages?limit=1")[2])["cursor"]
        epoch = cursor.partition(":")[0]
        first = {"earliest": 1, "last:2": 2, "last:1": 3, f"{epoch}:1": 2}
        for start, value in first.items():
            with self.subTest(start):
                ended = self.subscribe("a", "--cursor", start, "--count", "1")
                self.assertEqual(json.loads(ended.stdout)["data"], value)

    def test_without_a_start_only_what_comes_is_printed(self):
        self.publish("a", "old")
        self.publish("a", "old too")
        live = self.running("sub", "a", "--url", self.here.url)
        # Published again until it is there, because only a message shows that it is subscribed.
        sent = 0
        line = None
        while line is None:
            self.publish("a", {"number": sent})
            sent += 1
            try:
                line = live._lines["stdout"].get(timeout=0.2)
            except Exception as not_yet:
                self.assertEqual(type(not_yet).__name__, "Empty")
                self.assertLess(sent, 300)
        self.assertIn("number", json.loads(line)["data"])
        self.assertEqual(live.end(ENDS["SIGTERM"]), DONE)

    def test_several_patterns_print_each_message_once(self):
        self.publish("a.b", 1)
        self.publish("c", 2)
        ended = self.subscribe("a.*", "a.b", ">", "c", "--cursor", "earliest", "--count", "2")
        self.assertEqual(sorted(json.loads(line)["data"] for line in ended.stdout.splitlines()), [1, 2])

    def test_signals_end_it_as_done(self):
        self.publish("a", 1)
        for name, number in ENDS.items():
            with self.subTest(name):
                live = self.running("sub", "a", "--cursor", "last:1", "--url", self.here.url)
                live.line()
                self.assertEqual(live.end(number), DONE)
                self.assertIsNone(live.line())

    def test_a_reader_that_leaves_ends_it_though_nothing_more_comes(self):
        self.publish("a", 1)
        pipe = f'"{PROGRAM}" sub a --cursor earliest --url {self.here.url} | head -n 1; echo ${{PIPESTATUS[0]}}'
        ended = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, timeout=TIME_MAX,
                               env=environment())
        first, code = ended.stdout.splitlines()
        self.assertEqual((json.loads(first)["data"], code, ended.stderr), (1, "0", ""))

    def test_a_reader_that_leaves_while_messages_come_ends_it(self):
        self.publish("a", *range(200))
        reading, writing = os.pipe()
        process = subprocess.Popen([PROGRAM, "sub", "a", "--cursor", "earliest", "--url", self.here.url],
                                   stdout=writing, env=environment())
        self.addCleanup(process.kill)
        os.close(writing)
        os.close(reading)
        self.assertEqual(process.wait(timeout=TIME_MAX), DONE)

    def test_a_gap_is_told_on_stderr(self):
        self.publish("a", 1)
        ended = self.subscribe("a", "--cursor", "zzzz:7", "--count", "1")
        self.assert_ends(ended, DONE)
        self.assertRegex(ended.stderr, r"gap: a messages in \(zzzz:7, \S+\] are gone \(epoch\)")
        self.assertEqual(len(ended.stdout.splitlines()), 1)

    def test_what_cannot_be_is_a_mistake_of_usage(self):
        cases = [
            (["chat*"], "'*' must be a whole segment"),
            (["a.>.b"], "'a.>.b' is not a pattern"),
            (["a", "--cursor", "yesterday"], "'yesterday' is not a start"),
            (["a", "--cursor", "last:0"], "from 1 to 1000"),
            (["a", "--count", "few"], "'few'"),
            ([], "pattern"),
        ]
        for arguments, why in cases:
            with self.subTest(arguments):
                ended = self.subscribe(*arguments)
                self.assert_ends(ended, USAGE, why)
                self.assertEqual(ended.stdout, "")

    def test_nobody_there_is_unreachable_and_a_no_is_refused(self):
        self.here.end(ENDS["SIGTERM"])
        self.assert_ends(self.subscribe("a"), UNREACHABLE, "cannot reach")
        closed = self.server(FRESHET_PUBLISH_KEY="s3cret")
        self.assert_ends(freshet("sub", "a", "--key", "wrong", "--url", closed.url), REFUSED)
        narrow = self.server("--patterns-max", "2")
        self.assert_ends(freshet("sub", "a", "b", "c", "--url", narrow.url), REFUSED)


if __name__ == "__main__":
    unittest.main()
