"""`freshet serve` out of file descriptors: who is connected stays served, and it says so and recovers."""

import http.client
import os
import resource
import socket
import unittest

from program import TIME_MAX, ProgramTest


class OverloadTest(ProgramTest):
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
        held = self.connect(server)
        self.assertEqual(self.ask(held, "GET", "/healthz"), (200, "ok\n"))
        subscriber = self.running("sub", "a", "--cursor", "earliest", "--url", server.url)
        server.publish("a", '"before"')
        self.assertIn("before", subscriber.line())

        # No descriptor that is free lies below the limit: not even one that a connection just gave back.
        used = max(int(name) for name in os.listdir(f"/proc/{server.process.pid}/fd"))
        before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 1, before[1]))
        newcomers = []
        for _ in range(used + 2):
            newcomers.append(socket.create_connection(("127.0.0.1", server.port), timeout=TIME_MAX))
            self.addCleanup(newcomers[-1].close)
        self.assertIn("out of file descriptors", server.line("stderr"))
        self.assertEqual(self.ask(held, "POST", "/v1/topics/a", '"meanwhile"')[0], 200)
        self.assertIn("meanwhile", subscriber.line())
        # The loop reports to the metrics each second.
        while "freshet_accept_pauses_total 1\n" not in (text := self.ask(held, "GET", "/metrics")[1]):
            self.assertIn("freshet_accept_pauses_total 0\n", text)

        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)
        newcomers[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertTrue(newcomers[-1].makefile("rb").readline().startswith(b"HTTP/1.1 200 "))
        self.assertIn("accepting again", server.line("stderr"))
        server.publish("a", '"after"')
        self.assertIn("after", subscriber.line())


if __name__ == "__main__":
    unittest.main()
