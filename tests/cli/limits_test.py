"""The flags of `freshet serve` that bound something: each, given to the program, has its outcome and its count.

Limits of single requests are in tests/docs/flags_test.py, those of admission and drains in tests/integration.
"""

import gzip
import json
import socket
import time
import unittest

from program import TIME_MAX, ProgramTest
from websocket import WebSocket

OFFER = "permessage-deflate"
LONG = json.dumps(["price"] * 200)


class LimitsTest(ProgramTest):
    def raw(self, server, *sent, receive_buffer=None):
        """A connection that has sent this, and what it hears."""
        connection = socket.socket()
        self.addCleanup(connection.close)
        connection.settimeout(TIME_MAX)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.connect(("127.0.0.1", server.port))
        for text in sent:
            connection.sendall(text.encode())
        heard = connection.makefile("rb")
        self.addCleanup(heard.close)
        return connection, heard

    def until(self, happened, what):
        """Asks until it has happened: each answer takes its time, and what is asked for changes by itself."""
        deadline = time.monotonic() + TIME_MAX
        while not (found := happened()):
            self.assertLess(time.monotonic(), deadline, what)
        return found

    def line_with(self, heard, part):
        for line in heard:
            if part in line:
                return line
        raise AssertionError(f"the connection ended without {part}")

    def reached(self, server, limit):
        return server.metric(f'freshet_limit_reached_total{{limit="{limit}"}}')

    def until_reached(self, server, limit):
        # Loops report to the metrics each second.
        self.until(lambda: self.reached(server, limit) >= 1, f"{limit} is not counted")

    @staticmethod
    def values(server, topic):
        return [message["data"] for message in json.loads(server.request(f"/v1/topics/{topic}/messages")[2])["messages"]]

    def test_compression_of_websockets_is_switched_off(self):
        self.assertIsNotNone(WebSocket(self, self.server().port, "/v1/ws", OFFER).agreed)
        self.assertIsNone(WebSocket(self, self.server("--no-deflate").port, "/v1/ws", OFFER).agreed)

    def encoding_of_a_history(self, *flags):
        server = self.server(*flags)
        server.publish("a", LONG)
        connection, heard = self.raw(server, "GET /v1/topics/a/messages HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                             "Accept-Encoding: gzip\r\n\r\n")
        head, _, body = heard.read().partition(b"\r\n\r\n")
        compressed = b"Content-Encoding: gzip" in head
        self.assertIn(LONG.encode(), gzip.decompress(body) if compressed else body)
        return server, compressed

    def test_compression_of_answers_is_switched_off_and_has_a_largest_size(self):
        self.assertTrue(self.encoding_of_a_history()[1])
        self.assertFalse(self.encoding_of_a_history("--no-gzip")[1])
        server, compressed = self.encoding_of_a_history("--gzip-bytes-max", "1KiB")
        self.assertFalse(compressed)
        self.assertEqual(self.reached(server, "gzip-bytes"), 1)

    def test_the_log_keeps_so_many_messages_and_remembers_so_many_topics(self):
        server = self.server("--retention-messages", "2", "--empty-topics-max", "1")
        for value in "123":
            server.publish("a", value)
        self.assertEqual(self.values(server, "a"), [2, 3])
        for topic in ("b", "c", "d", "e"):
            server.publish(topic, "1")
        self.until_reached(server, "empty-topics")

    def test_the_log_keeps_messages_for_so_long(self):
        server = self.server("--retention-age", "100ms")
        server.publish("a", "1")
        self.until(lambda: self.values(server, "a") == [], "the message stays")

    def publish_with_key(self, server, key):
        return json.loads(server.request("/v1/topics/a", "1", Idempotency_Key=key)[2])["id"]

    def test_so_many_keys_are_known(self):
        server = self.server("--idempotency-keys-max", "1")
        self.assertEqual([self.publish_with_key(server, key) for key in "xxyyx"], [1, 1, 2, 2, 3])
        self.until_reached(server, "idempotency-keys")

    def test_keys_are_known_for_so_long(self):
        server = self.server("--idempotency-age", "100ms")
        first = self.publish_with_key(server, "x")
        self.until(lambda: self.publish_with_key(server, "x") != first, "the key is known for ever")

    def test_a_request_that_does_not_end_is_told_so(self):
        server = self.server("--request-time-max", "100ms")
        _, heard = self.raw(server, "GET /healthz HTTP/1.1\r\nHost: a\r\n")
        self.assertIn(b" 408 ", heard.readline())
        self.until_reached(server, "request-time")

    def test_a_silent_connection_is_closed(self):
        server = self.server("--keep-alive-max", "100ms")
        _, heard = self.raw(server, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(heard.read().endswith(b"ok\n"))
        self.until_reached(server, "keep-alive")

    def test_a_peer_that_does_not_close_is_cut_off(self):
        server = self.server("--linger-max", "100ms")
        _, heard = self.raw(server, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertTrue(heard.read().endswith(b"ok\n"))
        self.until_reached(server, "linger")

    def test_requests_behind_a_long_poll_are_held_up_to_a_limit(self):
        server = self.server("--pipelined-bytes-max", "100")
        poll = "GET /v1/poll?pattern=a&cursor=earliest&wait=55000 HTTP/1.1\r\nHost: a\r\n\r\n"
        connection, heard = self.raw(server, poll)
        # Only what comes when it is parked is held.
        parked = 'freshet_subscribers{transport="long-polling"}'
        self.until(lambda: server.metric(parked) == 1, "the poll is not parked")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 10)
        self.until_reached(server, "pipelined-bytes")
        # Held back, not lost.
        server.publish("a", "1")
        for _ in range(10):
            self.line_with(heard, b"ok\n")

    def stuck(self, server, topic, receive_buffer=4096):
        """A stream that reads nothing after its beginning."""
        reader, heard = self.raw(server, f"GET /v1/sse?pattern={topic} HTTP/1.1\r\nHost: a\r\n\r\n", receive_buffer=receive_buffer)
        self.line_with(heard, b'"live"')
        return reader, heard

    def publish_until(self, server, topic, happened, what):
        """Messages of 200 KiB, so that few fill the kernel's buffers, until it has happened. How many."""
        deadline = time.monotonic() + TIME_MAX
        count = 0
        while not happened():
            self.assertLess(time.monotonic(), deadline, what)
            count += 1
            server.publish(topic, json.dumps([count, "x" * 200 * 1024]))
        return count

    def test_a_reader_that_takes_nothing_is_cut_off(self):
        # The outbox is the wider limit here: it would end the reader first.
        server = self.server("--write-stall-max", "200ms", "--outbox-bytes-max", "64MiB")
        self.stuck(server, "a")
        # More than the kernel's buffers hold.
        for _ in range(60):
            server.publish("a", json.dumps("x" * 200 * 1024))
        self.until_reached(server, "write-stall")

    def numbers_heard(self, heard, last):
        """The numbers of the messages up to the last one."""
        numbers = []
        while not numbers or numbers[-1] != last:
            line = self.line_with(heard, b'data: {"id"')
            numbers.append(json.loads(line.removeprefix(b"data: "))["data"][0])
        return numbers

    def test_rules_say_what_slow_readers_lose(self):
        flags = ("--outbox-bytes-max", "512KiB", "--message-bytes-max", "256KiB")
        server = self.server("--rule", "latest.*:latest", "--rule", "oldest.*:drop-oldest", *flags)
        for topic in ("latest.a", "oldest.a"):
            with self.subTest(topic):
                before = server.metric("freshet_fell_behind_total")
                _, heard = self.stuck(server, topic, receive_buffer=64 * 1024)
                published = self.publish_until(
                    server, topic, lambda: server.metric("freshet_fell_behind_total") > before, "nobody falls behind")
                self.assertLess(len(self.numbers_heard(heard, published)), published)
        # What an outbox of that size cannot hold closes a reader without a rule.
        server = self.server(*flags)
        _, heard = self.stuck(server, "a", receive_buffer=64 * 1024)
        self.publish_until(server, "a", lambda: server.metric("freshet_slow_consumers_total") >= 1, "it is not closed")
        self.assertIn(b'"code":4100', heard.read())
        self.until_reached(server, "outbox-bytes")


if __name__ == "__main__":
    unittest.main()
