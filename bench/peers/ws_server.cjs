// npm ws as its own README broadcasts: what a client at /pub sends goes to every client at /sub.
const [, , modules, port] = process.argv;
const { WebSocket, WebSocketServer } = require(`${modules}/ws`);

const deflate = process.argv[4] === "deflate";
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(port),
  perMessageDeflate: deflate ? { serverNoContextTakeover: true, threshold: 0 } : false,
});
const subscribers = new Set();
server.on("connection", (socket, request) => {
  if (request.url === "/sub") {
    subscribers.add(socket);
    socket.on("close", () => subscribers.delete(socket));
    return;
  }
  socket.on("message", (data) => {
    for (const subscriber of subscribers) {
      if (subscriber.readyState === WebSocket.OPEN) subscriber.send(data, { binary: false });
    }
  });
});
