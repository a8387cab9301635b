// Speaks the protocols of protocols.mjs over WebSocket, and sends prepared messages as fast as the reader takes
// them: what is measured is the reader.
import { createRequire } from "node:module";
import { protocols } from "./protocols.mjs";

const bytes_at_once = 64 * 1024;

// RFC 6455 §5.2: a whole text message of a server.
function frame(text) {
  const payload = Buffer.from(text);
  const size = payload.length;
  if (size < 126) return Buffer.concat([Buffer.from([0x81, size]), payload]);
  return Buffer.concat([Buffer.from([0x81, 126, size >> 8, size & 255]), payload]);
}

/** Takes the connections of each system, which its page names in the path; returns what sends it messages. */
export function acceptConnections(server, modules) {
  const { WebSocketServer } = createRequire(`${modules}/`)("ws");
  const acceptor = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const connections = new Map();
  server.on("upgrade", (request, tcp, head) => {
    const name = decodeURIComponent(request.url.split("/")[1]);
    acceptor.handleUpgrade(request, tcp, head, (socket) => {
      const protocol = protocols[name](socket);
      socket.on("message", (bytes) => protocol.receive(String(bytes)));
      connections.set(name, { tcp, protocol });
    });
  });
  return (name, count) => {
    const { tcp, protocol } = connections.get(name);
    send(tcp, protocol.texts(count).map(frame));
  };
}

async function send(tcp, frames) {
  let pieces = [];
  let size = 0;
  for (const one of frames) {
    pieces.push(one);
    size += one.length;
    if (size < bytes_at_once) continue;
    if (!tcp.write(Buffer.concat(pieces))) await new Promise((resolve) => tcp.once("drain", resolve));
    pieces = [];
    size = 0;
  }
  tcp.write(Buffer.concat(pieces));
}
