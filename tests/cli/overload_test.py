"""`freshet serve` with more to do than it can: out of file descriptors, and published to faster than readers read."""

import http.client
import os
import resource
import socket
import unittest

from program import TIME_MAX, ProgramTest

MIB = 1024 * 1024
# What the server holds beside the log and the outboxes: encoded messages of a loop twice over, buffers, the allocator's.
OWN = 12 * MIB


class Busy:
    """A connection that is never idle: behind each request stands the empty line that may begin a next one."""

    def __init__(self, sock):
        self.sock = sock

    def ask(self, method, path, body=""):
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
        self.sock.sendall(f"{head}{body}\r\n".encode())
        answer = http.client.HTTPResponse(self.sock)
        answer.begin()
        return answer.status, answer.read().decode()


class OverloadTest(ProgramTest):
    def dial(self, server):
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=TIME_MAX)
        self.addCleanup(sock.close)
        return sock

    def connect(self, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIME_MAX)
        self.addCleanup(connection.close)
        return connection

    @staticmethod
    def ask(connection, method, path, body=None):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_without_file_descriptors_accepting_pauses_and_the_connected_are_served(self):
        server = self.server("--loops", "1")
        busy = Busy(self.dial(server))
        self.assertEqual(busy.ask("GET", "/healthz"), (200, "ok\n"))
        idle = self.connect(server)
        self.assertEqual(self.ask(idle, "GET", "/healthz"), (200, "ok\n"))
        subscriber = self.running("sub", "a", "--cursor", "earliest", "--url", server.url)
        server.publish("a", '"before"')
        self.assertIn("before", subscriber.line())

        # No descriptor that is free lies below the limit: not even one that a connection just gave back.
        used = max(int(name) for name in os.listdir(f"/proc/{server.process.pid}/fd"))
        before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 1, before[1]))
        newcomers = []
        for _ in range(used + 2):
            newcomers.append(self.dial(server))
        self.assertIn("out of file descriptors", server.line("stderr"))
        # Who waited for a next request has made room first; who is in the middle of one has not.
        self.assertEqual(idle.sock.recv(1), b"")
        self.assertEqual(busy.ask("POST", "/v1/topics/a", '"meanwhile"')[0], 200)
        self.assertIn("meanwhile", subscriber.line())
        # The loop reports to the metrics each second.
        while "freshet_accept_pauses_total 1\n" not in (text := busy.ask("GET", "/metrics")[1]):
            self.assertIn("freshet_accept_pauses_total 0\n", text)
        self.assertIn("freshet_idle_closed_total 1\n", text)

        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)
        newcomers[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertTrue(newcomers[-1].makefile("rb").readline().startswith(b"HTTP/1.1 200 "))
        self.assertIn("accepting again", server.line("stderr"))
        server.publish("a", '"after"')
        self.assertIn("after", subscriber.line())

    def rss_bytes(self, server):
        with open(f"/proc/{server.process.pid}/statm") as numbers:
            return int(numbers.read().split()[1]) * resource.getpagesize()

    @unittest.skipIf(os.environ.get("FRESHET_SANITIZE"), "a sanitizer's memory is not the server's own")
    def test_memory_stays_under_its_limit_however_fast_is_published(self):
        limit = 16 * MIB
        server = self.server("--loops", "1", "--outbox-total-bytes-max", "16MiB", "--retention-bytes", "4MiB")
        publisher = self.connect(server)
        topics = [f"t.{number}" for number in range(24)]
        for topic in topics:
            reader = socket.socket()
            self.addCleanup(reader.close)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", server.port))
            reader.sendall(f"GET /v1/sse?pattern={topic} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            reader.recv(1)
        before = self.rss_bytes(server)
        # Each reader has messages of its own, so that no two share what waits for them.
        value = '"' + "x" * 64 * 1024 + '"'
        refused = accepted = 0
        while refused < len(topics):
            for topic in topics:
                status, body = self.ask(publisher, "POST", f"/v1/topics/{topic}", value)
                self.assertIn(status, (200, 503), body)
                refused = refused + 1 if status == 503 else 0
                accepted += status == 200
            # More than the outboxes and the kernel's buffers hold.
            self.assertLess(accepted, (limit + len(topics) * 8 * MIB) // len(value), "no publish is refused")
        self.assertLessEqual(self.rss_bytes(server) - before, limit + 4 * MIB + OWN)
        self.assertEqual(self.ask(publisher, "POST", "/v1/topics/other", "1")[0], 200)
        self.assertLessEqual(server.metric("freshet_outbox_bytes"), limit)


if __name__ == "__main__":
    unittest.main()
