// Just enough of Freshet's and of Centrifuge's JSON protocol, as a server, for one subscription; and the
// messages that are measured. Used by the feeder and, without a network, by the page itself.

const topic = "bench";
const epoch = "be7c";

// 100 bytes of JSON.
const data = `{"bid":187.25,"ask":187.27,"size":1200,"venue":"XETR","note":"${"x".repeat(36)}"}`;
if (data.length !== 100) throw new Error(`a message has ${data.length} bytes`);

// As many of `texts` in each as may be, a line each.
function joined(texts, messages_max, bytes_max) {
  const all = [];
  let messages = messages_max;
  let size = 0;
  for (const text of texts) {
    if (messages === messages_max || size + 1 + text.length > bytes_max) {
      all.push([]);
      messages = size = 0;
    }
    all.at(-1).push(text);
    messages += 1;
    size += 1 + text.length;
  }
  return all.map((lines) => lines.join("\n"));
}

class Freshet {
  newest = 0;

  constructor(socket, messages_max) {
    this.messages_max = messages_max;
    this.say = (object) => socket.send(JSON.stringify(object));
    this.say({ op: "hello", version: 1, epoch, cursor: this.cursor(), recovered: true, ping: 25_000, window: 800, client: "bench" });
    // With the first cursor: one may go out before messages that texts() has numbered already, and must not say that
    // they came.
    const began = this.cursor();
    setInterval(() => this.say({ op: "ping", cursor: began, window: 800 }), 10_000);
  }

  cursor() {
    return `${epoch}:${this.newest}`;
  }

  receive(text) {
    const { op, ref } = JSON.parse(text);
    if (op !== "subscribe") return;
    this.say({ op: "subscribed", ref, cursor: this.cursor(), recovered: true });
    this.say({ op: "live", ref, cursor: this.cursor() });
  }

  texts(count) {
    const each = Array.from({ length: count }, () =>
      `{"id":${++this.newest},"topic":"${topic}","time":${Date.now()},"data":${data}}`);
    return joined(each, this.messages_max, 16 * 1024);
  }
}

class Centrifuge {
  constructor(socket, messages_per_frame) {
    this.socket = socket;
    this.messages_per_frame = messages_per_frame;
  }

  receive(text) {
    for (const line of text.split("\n").filter(Boolean)) {
      const { id, connect, subscribe } = JSON.parse(line);
      if (connect) this.socket.send(JSON.stringify({ id, connect: { client: "bench", version: "bench" } }));
      if (subscribe) this.socket.send(JSON.stringify({ id, subscribe: {} }));
    }
  }

  texts(count) {
    const push = `{"push":{"channel":"${topic}","pub":{"data":${data}}}}`;
    return joined(Array(count).fill(push), this.messages_per_frame, Infinity);
  }
}

/**
 * What a server says on a connection of each system; it needs the connection's send(text). The first of each sends as
 * its real server does when messages wait: ours a frame of up to 16 KiB (server/park/joiner.h), Centrifugo one of 16.
 */
export const protocols = {
  freshet: (socket) => new Freshet(socket, Infinity),
  centrifuge: (socket) => new Centrifuge(socket, 16),
  "freshet, 16 a frame": (socket) => new Freshet(socket, 16),
  "freshet, one a frame": (socket) => new Freshet(socket, 1),
  "centrifuge, one a frame": (socket) => new Centrifuge(socket, 1),
};
