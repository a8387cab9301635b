// npm socket.io: what one client emits as "m" is emitted to all others.
const [, , modules, port] = process.argv;
const { createServer } = require("node:http");
const { Server } = require(`${modules}/socket.io`);

const http = createServer();
// The load generator answers no pings; an hour keeps them out of the measurement.
const io = new Server(http, { transports: ["websocket"], pingInterval: 3_600_000 });
io.on("connection", (socket) => {
  socket.on("m", (data) => socket.broadcast.emit("m", data));
});
http.listen(Number(port), "127.0.0.1");
