"""`freshet serve`: its addresses, who may use it, its limits, its end."""

import http.client
import socket
import tempfile
import unittest
from pathlib import Path

from program import DONE, ENDS, FAILED, TIME_MAX, USAGE, ProgramTest, freshet


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class ServeTest(ProgramTest):
    def test_the_first_line_holds_an_address_that_answers(self):
        status, _, body = self.server().request("/healthz")
        self.assertEqual((status, body), (200, "ok\n"))

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_an_ipv6_address_is_listened_on(self):
        server = self.server(listen="[::1]:0")
        self.assertTrue(server.url.startswith("http://[::1]:"), server.url)
        self.assertEqual(server.request("/healthz")[0], 200)

    def test_a_signal_ends_it_with_its_streams_closed(self):
        for name, number in ENDS.items():
            with self.subTest(name):
                server = self.server()
                stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIME_MAX)
                self.addCleanup(stream.close)
                stream.request("GET", "/v1/sse?pattern=a")
                answer = stream.getresponse()
                self.assertIn(b"retry", answer.readline())
                self.assertEqual(server.end(number), DONE)
                answer.read()  # Ends, and by the last chunk: a cut stream would be IncompleteRead.

    def test_how_it_sends_is_chosen_and_told(self):
        def told(*flags, **more):
            return self.running("serve", "--listen", "127.0.0.1:0", *flags, **more).line_with("epoch ")

        self.assertIn("io by epoll", told("--io=epoll"))
        self.assertIn("io by epoll", told(FRESHET_IO="epoll"))
        by_itself = told()
        self.assertRegex(by_itself, "io by (uring|epoll)")
        if "io by uring" in by_itself:
            self.assertIn("io by uring", told("--io=uring"))
        else:
            self.assert_ends(freshet("serve", "--listen", "127.0.0.1:0", "--io=uring"), FAILED, "io_uring", "--io=auto")
        self.assert_ends(freshet("serve", "--io=select"), USAGE, "'select' is not auto, uring or epoll")

    def test_a_port_in_use_is_told_with_the_next_one(self):
        taken = self.server()
        ended = freshet("serve", "--listen", taken.address)
        self.assert_ends(ended, FAILED, f"port {taken.port} is in use", f"--listen 127.0.0.1:{taken.port + 1}")
        self.assertEqual(taken.request("/healthz")[0], 200)

    def test_others_may_not_reach_it_without_a_key_or_leave(self):
        for host in ("0.0.0.0:0", "[::]:0"):
            ended = freshet("serve", "--listen", host)
            self.assert_ends(ended, USAGE, f"refusing to listen on {host.removesuffix(':0')}: ", "anybody who reaches it could publish", "--publish-key", "--open")
        self.server("--open", listen="0.0.0.0:0")
        self.server("--publish-key", "s3cret", listen="0.0.0.0:0")
        self.server(listen="0.0.0.0:0", FRESHET_PUBLISH_KEY="s3cret")

    def test_only_the_key_lets_publish(self):
        server = self.server(FRESHET_PUBLISH_KEY="s3cret")
        self.assertEqual(server.request("/v1/topics/a", "1")[0], 401)
        self.assertEqual(server.request("/v1/topics/a", "1", Authorization="Bearer wrong")[0], 401)
        self.assertEqual(server.request("/v1/topics/a", "1", Authorization="Bearer s3cret")[0], 200)

    def test_a_page_of_another_origin_is_refused_until_named(self):
        origin = "https://app.example.com"
        self.assertEqual(self.server().request("/v1/poll?pattern=a", Origin=origin)[0], 403)
        server = self.server("--allow-origin", origin, "--allow-origin", "http://localhost:5173")
        for allowed in (origin, "http://localhost:5173"):
            status, headers, _ = server.request("/v1/poll?pattern=a", Origin=allowed)
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (200, allowed))
        self.assertEqual(server.request("/v1/poll?pattern=a", Origin="https://evil.example")[0], 403)

    def test_demo_serves_the_pages_of_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "index.html").write_text("<p>hello")
            server = self.server(f"--demo={folder}")
            self.assertEqual(server.request("/")[2], "<p>hello")
            with tempfile.NamedTemporaryFile(dir=Path(folder).parent) as outside:
                self.assertEqual(server.request("/../" + Path(outside.name).name)[0], 404)

    def test_echo_is_there_only_when_asked_for(self):
        self.assertEqual(self.server().request("/v1/echo")[0], 404)
        self.assertEqual(self.server("--echo").request("/v1/echo")[0], 426)

    def test_loops_ping_and_poll_interval_show(self):
        server = self.server("--loops", "1", "--ping", "5s", "--poll-interval", "1500ms", "--window-min", "200ms")
        body = server.request("/v1/poll?pattern=a")[2]
        self.assertIn('"ping":5000', body)
        self.assertIn('"interval":1500', body)

    def test_what_cannot_be_is_refused_with_why(self):
        cases = [
            (["--listen", "8080"], "'8080' is not an address"),
            (["--port", "80000"], "--port: '80000' is not a port (0 to 65535)"),
            (["--port", "1 "], "--port: '1 ' is not a port"),
            (["--port"], "--port needs a value"),
            (["--publish-key", ""], "--publish-key: the key is empty"),
            (["here"], "'here' is one word too many"),
            (["--port", "1", "--listen", "127.0.0.1:1"], "--port"),
            (["--ping", "soon"], "'soon' is not a duration (250ms, 25s, 5m, 1h)"),
            (["--ping", "5"], "must be from 100ms to 1h"),
            (["--message-bytes-max", "1MB"], "'1MB' is not a size"),
            (["--message-bytes-max", "0"], "must be at least"),
            (["--streams-max", "-1"], "'-1' is not a whole number"),
            (["--admission-burst", "many"], "'many' is not a number from 0 to 10000000"),
            (["--admission-rate", "nan"], "'nan' is not a number from 0.001 to 1000000"),
            (["--admission-rate", "0"], "'0' is not a number from 0.001 to 1000000"),
            (["--allow-origin", "app.example.com"], "https://app.example.com"),
            (["--demo=/nowhere"], "there is no folder /nowhere"),
            (["--log-level", "loud"], "'loud' is not a log level"),
        ]
        for arguments, why in cases:
            with self.subTest(arguments):
                ended = freshet("serve", *arguments)
                self.assert_ends(ended, USAGE, why)
                self.assertEqual(ended.stdout, "")


if __name__ == "__main__":
    unittest.main()
