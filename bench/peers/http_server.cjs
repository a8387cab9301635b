// node's http doing what ours does for a plain request: a fixed text, the newest message of a
// topic, and a publish, which must be JSON and is answered with its id.
const { createServer } = require("node:http");
const port = process.argv[2];

const newest = new Map();
let id = 0;

function answer(response, status, type, body) {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

function publish(topic, body, response) {
  try {
    JSON.parse(body);
  } catch {
    return answer(response, 400, "application/problem+json", '{"code":"invalid_json"}');
  }
  id += 1;
  newest.set(topic, `{"id":${id},"topic":"${topic}","time":${Date.now()},"data":${body}}`);
  answer(response, 200, "application/json", `{"id":${id},"cursor":"node:${id}"}`);
}

const server = createServer((request, response) => {
  const [, topic] = /^\/v1\/topics\/([^/?]+)/.exec(request.url) ?? [];
  if (topic === undefined) return answer(response, 200, "text/plain", "ok\n");
  if (request.method === "GET") {
    const message = newest.get(topic);
    const body = `{"messages":[${message ?? ""}]}`;
    return answer(response, 200, "application/json", body);
  }
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => publish(topic, Buffer.concat(pieces).toString("utf8"), response));
});
server.keepAliveTimeout = 3_600_000;
server.listen(Number(port), "127.0.0.1");
