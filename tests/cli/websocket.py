"""A WebSocket client (RFC 6455, RFC 7692) that shares no code with the server: sockets and zlib of Python's own.

It can send what no honest client would: any first byte, any cut, any window.
"""

import os
import socket
import zlib
from dataclasses import dataclass

from program import TIME_MAX

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10
WINDOW_BITS_MAX = 15


@dataclass
class Received:
    opcode: int
    payload: bytes
    compressed: bool

    @property
    def close_code(self):
        return int.from_bytes(self.payload[:2], "big") if self.opcode == CLOSE else None


def deflated(plain, window_bits=WINDOW_BITS_MAX, level=6, strategy=zlib.Z_DEFAULT_STRATEGY):
    """One message, for itself. zlib itself makes nine bits of eight, which a message of 256 bytes does not show."""
    stream = zlib.compressobj(level, zlib.DEFLATED, -max(window_bits, 9), 8, strategy)
    bytes_ = stream.compress(plain) + stream.flush(zlib.Z_SYNC_FLUSH)
    assert bytes_.endswith(b"\0\0\xff\xff")
    return bytes_[:-4]


def inflated(bytes_, window_bits, strictly=False):
    """`strictly`: by an inflater that knows no byte of the message beyond its window."""
    stream = zlib.decompressobj(-window_bits)
    rest = bytes_ + b"\0\0\xff\xff"
    if not strictly:
        return stream.decompress(rest)
    plain = bytearray()
    while True:
        piece = stream.decompress(rest, 1)
        if not piece and not stream.unconsumed_tail:
            return bytes(plain)
        plain += piece
        rest = stream.unconsumed_tail


class WebSocket:
    def __init__(self, test, port, target, offer=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIME_MAX)
        test.addCleanup(self.socket.close)
        self._input = self.socket.makefile("rb")
        test.addCleanup(self._input.close)
        extensions = f"Sec-WebSocket-Extensions: {offer}\r\n" if offer is not None else ""
        self.socket.sendall((f"GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extensions}\r\n").encode())
        self.status = int(self._input.readline().split()[1])
        headers = {}
        while (line := self._input.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        # What was agreed, by name; True where there is no value. None: no compression.
        self.agreed = None
        if "sec-websocket-extensions" in headers:
            name, *parameters = [part.strip() for part in headers["sec-websocket-extensions"].split(";")]
            assert name == "permessage-deflate", name
            self.agreed = {key: value or True for key, _, value in (one.partition("=") for one in parameters)}

    @property
    def server_window_bits(self):
        return int(self.agreed.get("server_max_window_bits", WINDOW_BITS_MAX))

    @staticmethod
    def frame(first, payload):
        size = len(payload)
        if size < 126:
            head = bytes([first, 0x80 | size])
        elif size < 65536:
            head = bytes([first, 0x80 | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([first, 0x80 | 127]) + size.to_bytes(8, "big")
        mask = os.urandom(4)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")

    def send(self, first, payload):
        self.socket.sendall(self.frame(first, payload))

    def send_in_fragments(self, opcode, payload, size, between=b""):
        """A compressed message in frames of `size`; RSV1 stands on the first alone (RFC 7692 §6.1)."""
        frames = []
        for at in range(0, max(len(payload), 1), size):
            first = (opcode | RSV1 if at == 0 else 0) | (FIN if at + size >= len(payload) else 0)
            frames.append(self.frame(first, payload[at:at + size]))
        self.socket.sendall(between.join(frames))

    def receive(self, strictly=False):
        """The next message, inflated; the server never sends fragments."""
        first, size = self._input.read(2)
        if size == 126:
            size = int.from_bytes(self._input.read(2), "big")
        elif size == 127:
            size = int.from_bytes(self._input.read(8), "big")
        payload = self._input.read(size)
        assert first & FIN and not first & (RSV2 | RSV3), hex(first)
        compressed = bool(first & RSV1)
        if compressed:
            payload = inflated(payload, self.server_window_bits, strictly)
        return Received(first & 15, payload, compressed)

    def receive_opcode(self, opcode):
        while (received := self.receive()).opcode != opcode:
            pass
        return received
