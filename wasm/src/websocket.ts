// The WebSocket transport, on the browser's or any constructor like it.

import type { WebSocketConstructor } from "./api.js";
import { EndKind } from "./core.js";
import type { Wire } from "./wire.js";

export function openWebSocket(Socket: WebSocketConstructor, url: string, wire: Wire): void {
  const socket = new Socket(url, ["freshet.v1"]);
  let kind = EndKind.unreachable;
  socket.onopen = () => {
    kind = EndKind.lost;
    wire.send_ = (text) => socket.send(text);
    const { token_: token } = wire;
    if (token) wire.send_(JSON.stringify({ op: "token", token }));
  };
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (typeof data === "string") return wire.frames_(data.split("\n"));
    wire.end_({ kind: EndKind.malformed });
    stop();
  };
  socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
    // 1006 stands for a connection that broke without a close frame (RFC 6455 §7.1.5). Browsers do
    // not tell why a handshake failed.
    wire.end_(
      kind === EndKind.unreachable || code === 1006
        ? { kind }
        : { kind: EndKind.closed, code, reason: String(reason) },
    );
  };
  // The close event follows; npm ws wants a listener nevertheless.
  socket.onerror = () => {};
  const { signal } = wire.controller_;
  const stop = (): void => {
    const { reason: code } = signal;
    // Applications may send 1000 and 3000 to 4999 only; any other code throws.
    socket.close(code > 2999 ? code : 1000);
  };
  signal.addEventListener("abort", stop);
}
