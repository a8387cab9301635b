"""permessage-deflate between `freshet serve` and a client that shares no code with it.

The matrix follows groups 12 and 13 of the public conformance suite (message sizes, kinds of text, what is offered), then
come fragments, control frames between them, and what a peer must not do.
"""

import json
import os
import random
import unittest
import zlib

from program import ProgramTest
from websocket import BINARY, CLOSE, FIN, PING, PONG, RSV1, RSV2, RSV3, TEXT, WebSocket, deflated

SIZES = [16, 64, 256, 257, 1024, 4096, 8192, 16384, 32768, 65536, 131072]

# Group 13: what is offered, and the window that the answer must hold the server to.
OFFERS = {
    "permessage-deflate": 15,
    "permessage-deflate; client_max_window_bits": 15,
    "permessage-deflate; client_no_context_takeover; client_max_window_bits": 15,
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover": 15,
    "permessage-deflate; client_max_window_bits=9; server_max_window_bits=9": 9,
    "permessage-deflate; client_max_window_bits=15; server_max_window_bits=15": 15,
    "permessage-deflate; server_max_window_bits=8": 8,
    "permessage-deflate; client_no_context_takeover; client_max_window_bits=8; "
    "server_no_context_takeover; server_max_window_bits=10": 10,
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=99, "
    "permessage-deflate; server_max_window_bits=12, permessage-deflate": 12,
}


def texts(size):
    """Of each kind so many bytes: one letter, JSON, words beyond ASCII, what hardly shrinks."""
    chance = random.Random(size)
    quotes = json.dumps([{"symbol": f"S{n % 50}", "bid": round(chance.uniform(90, 110), 2)} for n in range(size // 20)])
    words = "Hochwasser \U0001f30a " * (size // 16 + 1)
    yield b"*" * size
    yield quotes.encode().ljust(size)[:size]
    yield words.encode()[:size].decode(errors="ignore").ljust(size, ".").encode()[:size]
    yield bytes(chance.choice(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
                for _ in range(min(size, 4096)))


class DeflateTest(ProgramTest):
    def open(self, server, offer="permessage-deflate", target="/v1/echo"):
        peer = WebSocket(self, server.port, target, offer)
        self.assertEqual(peer.status, 101)
        return peer

    def test_every_size_and_kind_of_text_comes_back_by_every_offer(self):
        server = self.server("--echo")
        for offer, window_bits in OFFERS.items():
            peer = self.open(server, offer)
            with self.subTest(offer=offer):
                self.assertEqual(peer.server_window_bits, window_bits)
                self.assertIn("server_no_context_takeover", peer.agreed)
                self.assertIn("client_no_context_takeover", peer.agreed)
            for size in SIZES:
                for kind, text in enumerate(texts(size)):
                    for opcode in (TEXT, BINARY):
                        peer.send(FIN | RSV1 | opcode, deflated(text))
                        # Byte for byte is slow, and its window is what an inflater of small memory has.
                        echoed = peer.receive(strictly=size in (256, 1024))
                        with self.subTest(offer=offer, size=size, kind=kind, opcode=opcode):
                            self.assertEqual((echoed.opcode, echoed.payload), (opcode, text))
                            self.assertEqual(echoed.compressed, window_bits == 15 or len(text) <= 1 << window_bits)

    def test_what_zlib_can_make_of_a_message_is_read(self):
        server = self.server("--echo")
        peer = self.open(server)
        text = next(texts(4096)) + b"tail"
        for level in range(10):
            for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED):
                for window_bits in (8, 9, 12, 15):
                    peer.send(FIN | RSV1 | TEXT, deflated(text, window_bits, level, strategy))
                    self.assertEqual(peer.receive().payload, text, (level, strategy, window_bits))
        # RFC 7692 §7.2.3: several blocks, an empty one, one marked as the last.
        stream = zlib.compressobj(6, zlib.DEFLATED, -15)
        blocks = b"".join(stream.compress(part) + stream.flush(zlib.Z_FULL_FLUSH) for part in (b"a" * 50, b"", b"b"))
        peer.send(FIN | RSV1 | TEXT, blocks[:-4])
        self.assertEqual(peer.receive().payload, b"a" * 50 + b"b")
        stream = zlib.compressobj(6, zlib.DEFLATED, -15)
        peer.send(FIN | RSV1 | TEXT, stream.compress(b"last") + stream.flush(zlib.Z_FINISH) + b"\0")
        self.assertEqual(peer.receive().payload, b"last")
        peer.send(FIN | RSV1 | TEXT, b"\0")
        self.assertEqual(peer.receive().payload, b"")
        peer.send(FIN | TEXT, b"plain, in spite of what was agreed")
        self.assertEqual(peer.receive().payload, b"plain, in spite of what was agreed")

    def test_a_thousand_messages_come_back_in_order_sent_without_a_pause(self):
        server = self.server("--echo")
        peer = self.open(server)
        messages = [b"%d " % n + b"price " * (n % 40) for n in range(1000)]
        peer.socket.sendall(b"".join(peer.frame(FIN | RSV1 | TEXT, deflated(one)) for one in messages))
        self.assertEqual([peer.receive().payload for _ in messages], messages)

    def test_fragments_of_every_size_with_control_frames_between_them(self):
        server = self.server("--echo")
        peer = self.open(server)
        ping = peer.frame(FIN | PING, b"between")
        for size in (16, 1024, 131072):
            text = list(texts(size))[1]
            compressed = deflated(text)
            for piece in (1, 2, 7, 64, 256, 1024):
                if len(compressed) // piece > 300:
                    continue
                peer.send_in_fragments(TEXT, compressed, piece)
                self.assertEqual(peer.receive().payload, text, (size, piece))
                peer.send_in_fragments(BINARY, compressed, piece, between=ping)
                pongs = 0
                while (received := peer.receive()).opcode == PONG:
                    self.assertEqual((received.payload, received.compressed), (b"between", False))
                    pongs += 1
                self.assertEqual((received.opcode, received.payload), (BINARY, text))
                self.assertEqual(pongs, (len(compressed) - 1) // piece, (size, piece))
        peer.send(CLOSE | FIN, (1000).to_bytes(2, "big"))
        self.assertEqual(peer.receive().close_code, 1000)

    def test_reserved_bits_where_they_must_not_be_end_it_with_1002(self):
        server = self.server("--echo")
        hello = deflated(b"hello")
        cases = {
            "RSV1 on a continuation": lambda peer: peer.frame(TEXT | RSV1, hello[:2]) + peer.frame(FIN | RSV1, hello[2:]),
            "RSV1 on a ping": lambda peer: peer.frame(FIN | RSV1 | PING, b""),
            "RSV1 on a pong": lambda peer: peer.frame(FIN | RSV1 | PONG, hello),
            "RSV1 on a close": lambda peer: peer.frame(FIN | RSV1 | CLOSE, (1000).to_bytes(2, "big")),
            "RSV2": lambda peer: peer.frame(FIN | RSV1 | RSV2 | TEXT, hello),
            "RSV3": lambda peer: peer.frame(FIN | RSV1 | RSV3 | TEXT, hello),
            "RSV1 within a message": lambda peer: peer.frame(TEXT, b"a") + peer.frame(FIN | RSV1 | TEXT, hello),
        }
        for offer in ("permessage-deflate", None):
            for what, bytes_of in cases.items():
                with self.subTest(what, offer=offer):
                    peer = self.open(server, offer)
                    peer.socket.sendall(bytes_of(peer))
                    self.assertEqual(peer.receive_opcode(CLOSE).close_code, 1002)
        with self.subTest("compressed though nothing was agreed"):
            peer = self.open(server, None)
            peer.send(FIN | RSV1 | TEXT, hello)
            self.assertEqual(peer.receive_opcode(CLOSE).close_code, 1002)

    def test_what_cannot_be_inflated_ends_it_with_1007(self):
        server = self.server("--echo")
        context = zlib.compressobj(6, zlib.DEFLATED, -15)
        text = b"the same again and again"
        context.compress(text), context.flush(zlib.Z_SYNC_FLUSH)
        kept = (context.compress(text) + context.flush(zlib.Z_SYNC_FLUSH))[:-4]
        for what, payload in {
            "no DEFLATE data": b"\xff\xff\xff",
            "a cut block": deflated(text)[:-3],
            "nothing at all": b"",
            "a text of no UTF-8": deflated(b"\xc3("),
            "a sender that kept its context": kept,
            "a gzip head": b"\x1f\x8b\x08\0\0\0\0\0\0\3" + deflated(text),
        }.items():
            with self.subTest(what):
                peer = self.open(server)
                peer.send(FIN | RSV1 | TEXT, payload)
                self.assertEqual(peer.receive_opcode(CLOSE).close_code, 1007)

    def test_a_bomb_ends_it_with_1009_before_it_takes_memory(self):
        server = self.server("--loops", "1", "--message-bytes-max", "64KiB")

        def peak():
            with open(f"/proc/{server.process.pid}/status") as lines:
                return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

        def burst(payload):
            peer = self.open(server, target="/v1/ws")
            peer.send(FIN | RSV1 | TEXT, payload)
            self.assertEqual(peer.receive_opcode(CLOSE).close_code, 1009)

        burst(deflated(b" " * 200_000))
        before = peak()
        bomb = deflated(b" " * (96 << 20), level=9)
        self.assertLess(len(bomb), 100_000)
        for _ in range(5):
            burst(bomb)
        if not os.environ.get("FRESHET_SANITIZE"):  # A sanitizer's memory is not the server's own.
            self.assertLess(peak() - before, 4 * 1024)
        self.assertEqual(server.request("/healthz")[0], 200)

    def test_a_subscriber_gets_large_messages_compressed_and_small_ones_as_they_are(self):
        server = self.server("--deflate-bytes-min", "300")
        offers = {"permessage-deflate": True, "permessage-deflate; server_max_window_bits=8": False, None: False}
        peers = {offer: self.open(server, offer, "/v1/ws?pattern=a") for offer in offers}
        for peer in peers.values():
            while b'"live"' not in peer.receive().payload:
                pass
        large = json.dumps(["price"] * 200)
        for value in ("1", large):
            server.publish("a", value)
        for offer, compressed in offers.items():
            small, big = peers[offer].receive(), peers[offer].receive(strictly=True)
            self.assertEqual((small.compressed, json.loads(small.payload)["data"]), (False, 1))
            self.assertEqual((big.compressed, json.loads(big.payload)["data"]), (compressed, json.loads(large)))


if __name__ == "__main__":
    unittest.main()
