"""The `freshet` program as the tests beside it use it: run to its end, or kept running and read line by line.

Nothing here sleeps to let something happen: what is waited for is a line, an answer or an end. TIME_MAX only bounds how
long a failing test takes.
"""

import os
import queue
import re
import signal
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ["FRESHET_PROGRAM"]
TIME_MAX = 30

DONE, FAILED, USAGE, UNREACHABLE, REFUSED = range(5)


def environment(**more):
    """Ours without what would reach the program by accident."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("FRESHET_") and not name.lower().endswith("_proxy")}
    return {**kept, **more}


def freshet(*arguments, input="", **more):
    """Runs a command to its end."""
    return subprocess.run([PROGRAM, *arguments], input=input, capture_output=True, text=True, timeout=TIME_MAX,
                          env=environment(**more))


class Running:
    """A command that runs on: its output comes line by line, and it ends with the test that started it."""

    def __init__(self, test, *arguments, stdin=subprocess.DEVNULL, **more):
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment(**more))
        self._lines = {name: queue.Queue() for name in ("stdout", "stderr")}
        self._readers = [threading.Thread(target=self._read, args=(name,)) for name in self._lines]
        for reader in self._readers:
            reader.start()
        test.addCleanup(self._clean_up)

    def _read(self, name):
        for line in getattr(self.process, name):
            self._lines[name].put(line.rstrip("\n"))
        self._lines[name].put(None)

    def _clean_up(self):
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def line(self, of="stdout"):
        """The next line; None at the end of the output."""
        return self._lines[of].get(timeout=TIME_MAX)

    def line_with(self, part, of="stderr"):
        """The next line that holds `part`."""
        while (line := self.line(of)) is not None:
            if part in line:
                return line
        raise AssertionError(f"no line with '{part}'")

    def write(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def end(self, signal_number=None):
        """Waits for the end, after a signal if one is given; the exit code."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        return self.process.wait(timeout=TIME_MAX)


class Server(Running):
    """`freshet serve` on a port that the system chose."""

    def __init__(self, test, *arguments, listen="127.0.0.1:0", **more):
        super().__init__(test, "serve", "--listen", listen, "--log-level", "warn", *arguments, **more)
        line = self.line()
        if line is None:
            raise AssertionError(self.line("stderr"))
        self.url = re.search(r"http://\S+", line).group()
        self.address = self.url.removeprefix("http://")
        self.port = int(self.url.rpartition(":")[2])

    def request(self, path, body=None, **headers):
        """(status, headers, body) of one request; `headers` with _ for -."""
        asked = urllib.request.Request(self.url + path, data=body.encode() if body is not None else None,
                                       headers={name.replace("_", "-"): value for name, value in headers.items()})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(asked, timeout=TIME_MAX) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read().decode()

    def publish(self, topic, value):
        status, _, body = self.request(f"/v1/topics/{topic}", value)
        if status != 200:
            raise AssertionError(body)

    def metric(self, sample):
        """The value of one line of /metrics, such as 'freshet_gaps_total'."""
        for line in self.request("/metrics")[2].splitlines():
            if line.startswith(sample + " "):
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"/metrics has no {sample}")


class ProgramTest(unittest.TestCase):
    def assert_ends(self, ended, code, *parts):
        """That a command ended with this code, and told on stderr what `parts` say."""
        self.assertEqual(ended.returncode, code, ended.stderr)
        for part in parts:
            self.assertIn(part, ended.stderr)
        if code != DONE:
            self.assertTrue(ended.stderr.startswith("freshet"), ended.stderr)

    def server(self, *arguments, **more):
        return Server(self, *arguments, **more)

    def running(self, *arguments, **more):
        return Running(self, *arguments, **more)


ENDS = {"SIGINT": signal.SIGINT, "SIGTERM": signal.SIGTERM}
