"""docs/flags.md tells what `freshet serve --help` tells, and /metrics counts what it says is counted."""

import re
import unittest
from pathlib import Path

from help import options
from program import ProgramTest, freshet

PAGE = (Path(__file__).resolve().parents[2] / "docs/flags.md").read_text()
ROW = re.compile(r"^\| `(--[\w-]+)(?: ?(\S+))?` \| (?:`([^`]*)`)? ?\| (.*?) \| ?(?:`([^`]*)`)? ?\|$", re.MULTILINE)


class FlagsTest(ProgramTest):
    def test_the_page_says_what_the_help_says(self):
        told = [(option.name, option.kind, option.default, option.text)
                for option in options(freshet("serve", "--help").stdout)]
        written = [row[:4] for row in ROW.findall(PAGE)]
        self.assertGreater(len(told), 30)
        self.assertEqual(written, told, "run tests/docs/update_flags.py build/freshet")

    def test_every_counted_limit_is_in_metrics_and_on_the_page(self):
        counted = re.findall(r'freshet_limit_reached_total\{limit="([\w-]+)"\}', self.server().request("/metrics")[2])
        written = {row[0]: row[4] for row in ROW.findall(PAGE) if row[4]}
        self.assertEqual(sorted(counted), sorted(written.values()))
        for flag, name in written.items():
            self.assertIn(flag, (f"--{name}", f"--{name}-max"))

    def test_limits_of_requests_are_counted_when_reached(self):
        server = self.server("--message-bytes-max", "100", "--publish-lines-max", "2", "--patterns-max", "2",
                             "--poll-messages-max", "2", "--poll-bytes-max", "150", "--history-messages-max", "5",
                             "--history-bytes-max", "150",
                             "--header-bytes-max", "1000", "--request-line-bytes-max", "300", "--header-count-max", "9",
                             "--long-poll-max", "10ms")
        line = '{"topic":"a","data":1}\n'
        self.assertEqual(server.request("/v1/publish", line * 2)[0], 200)
        many = {f"x{number}": "y" for number in range(9)}
        reached = {
            "message-bytes": (lambda: server.request("/v1/topics/a", '"' + "x" * 100 + '"')[0], 413),
            "publish-lines": (lambda: server.request("/v1/publish", line * 3)[0], 400),
            "patterns": (lambda: server.request("/v1/poll?pattern=a&pattern=b&pattern=c")[0], 400),
            "poll-messages": (lambda: server.request("/v1/poll?pattern=a&cursor=earliest&limit=1")[0], 200),
            "poll-bytes": (lambda: (server.publish("b", '"' + "x" * 90 + '"'),
                                    server.request("/v1/poll?pattern=b&cursor=earliest")[0])[1], 200),
            "long-poll": (lambda: server.request("/v1/poll?pattern=none&wait=11&cursor=earliest")[0], 200),
            "history-messages": (lambda: server.request("/v1/topics/a/messages?limit=6")[0], 400),
            "history-bytes": (lambda: (server.publish("c", '"' + "x" * 90 + '"'),
                                       server.publish("c", "1"),
                                       server.request("/v1/topics/c/messages")[0])[2], 200),
            "request-line-bytes": (lambda: server.request("/healthz?" + "x" * 300)[0], 414),
            "header-bytes": (lambda: server.request("/healthz", long="x" * 1000)[0], 431),
            "header-count": (lambda: server.request("/healthz", **many)[0], 431),
        }
        for limit, (reach, status) in reached.items():
            with self.subTest(limit):
                sample = f'freshet_limit_reached_total{{limit="{limit}"}}'
                before = server.metric(sample)
                self.assertEqual(reach(), status)
                self.assertEqual(server.metric(sample), before + 1)

    def test_streams_over_their_number_are_told_to_come_later(self):
        server = self.server("--streams-max", "1")
        server.publish("a", "1")
        held = self.running("sub", "a", "--cursor", "earliest", "--url", server.url)
        held.line()
        status, headers, _ = server.request("/v1/sse?pattern=a")
        self.assertEqual(status, 503)
        self.assertIsNotNone(headers["Retry-After"])
        self.assertGreaterEqual(server.metric('freshet_limit_reached_total{limit="streams"}'), 1)


if __name__ == "__main__":
    unittest.main()
