// The WebSocket transport, on the browser's or any constructor like it.

import type { WebSocketConstructor } from "./api.js";
import { EndKind } from "./core.js";
import type { Wire } from "./wire.js";

export function openWebSocket(Socket: WebSocketConstructor, url: string, wire: Wire): void {
  const socket = new Socket(url, ["freshet.v1"]);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    const { token_: token } = wire;
    if (token) socket.send(JSON.stringify({ op: "token", token }));
  };
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (typeof data === "string") return wire.frames_(data.split("\n"));
    stop();
    wire.end_({ kind: EndKind.malformed });
  };
  socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
    // 1006 stands for a connection that broke without a close frame (RFC 6455 §7.1.5). Browsers do
    // not tell why a handshake failed.
    wire.end_(
      !opened
        ? { kind: EndKind.unreachable }
        : code === 1006
          ? { kind: EndKind.lost }
          : { kind: EndKind.closed, code, reason: String(reason) },
    );
  };
  // The close event follows; npm ws wants a listener nevertheless.
  socket.onerror = () => {};
  wire.send_ = (text) => {
    if (opened) socket.send(text);
  };
  const stop = (): void => {
    socket.onopen = socket.onmessage = socket.onclose = null;
    const code: unknown = wire.controller_.signal.reason;
    // Applications may send 1000 and 3000 to 4999 only; any other code throws.
    socket.close(typeof code === "number" && code > 2999 ? code : 1000);
  };
  wire.controller_.signal.addEventListener("abort", stop);
}
