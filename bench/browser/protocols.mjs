// Just enough of Freshet's and of Centrifuge's JSON protocol, as a server, for one subscription; and the
// messages that are measured. Used by the feeder and, without a network, by the page itself.

const topic = "bench";
const epoch = "be7c";

// 100 bytes of JSON.
const data = `{"bid":187.25,"ask":187.27,"size":1200,"venue":"XETR","note":"${"x".repeat(36)}"}`;
if (data.length !== 100) throw new Error(`a message has ${data.length} bytes`);

class Freshet {
  newest = 0;

  constructor(socket) {
    this.say = (object) => socket.send(JSON.stringify(object));
    this.say({ op: "hello", version: 1, epoch, cursor: this.cursor(), recovered: true, ping: 25_000, window: 800, client: "bench" });
    setInterval(() => this.say({ op: "ping", cursor: this.cursor(), window: 800 }), 10_000);
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
    return Array.from({ length: count }, () =>
      `{"id":${++this.newest},"topic":"${topic}","time":${Date.now()},"data":${data}}`);
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
    const full = Array(this.messages_per_frame).fill(push).join("\n");
    return Array(count / this.messages_per_frame).fill(full);
  }
}

/** What a server says on a connection of each system; it needs the connection's send(text). */
export const protocols = {
  freshet: (socket) => new Freshet(socket),
  centrifuge: (socket) => new Centrifuge(socket, 1),
  "centrifuge, 16 a frame": (socket) => new Centrifuge(socket, 16),
};
