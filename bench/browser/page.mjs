// In the page: each SDK subscribes once; then the systems take turns within each round, and each tells how many
// messages a second reached its callback.
import { connect } from "/freshet.js";
import { protocols } from "/protocols.mjs";

const count = 32_000;
const rounds = Number(new URLSearchParams(location.search).get("rounds"));

// What a message does when it arrives; each run puts its own here.
let receive = () => {};

// Stands for WebSocket: hands an SDK the same texts without a network or the browser's own work for a frame.
class LocalSocket {
  static opened = new Map(); // By system.
  readyState = 0;
  bufferedAmount = 0;

  constructor(url) {
    this.system = decodeURIComponent(new URL(url).pathname.split("/")[1]);
    LocalSocket.opened.set(this.system, this);
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.({});
      this.server = protocols[this.system]({ send: (text) => this.tell(text) });
    });
  }

  send(text) {
    setTimeout(() => this.server.receive(text));
  }

  tell(text) {
    this.onmessage?.({ data: text });
  }

  close() {}
}

function openFreshet(address, WebSocket) {
  const client = connect(address.replace("ws", "http"), { transports: ["websocket"], webSocket: WebSocket });
  return new Promise((resolve) =>
    client.subscribe("bench", { onMessage: (message) => receive(message), onLive: resolve }));
}

function openCentrifuge(address, WebSocket) {
  const client = new Centrifuge(address, { websocket: WebSocket });
  const subscription = client.newSubscription("bench");
  subscription.on("publication", (message) => receive(message));
  const subscribed = new Promise((resolve) => subscription.on("subscribed", resolve));
  subscription.subscribe();
  client.connect();
  return subscribed;
}

const systems = {
  freshet: openFreshet,
  centrifuge: openCentrifuge,
  "freshet, 16 a frame": openFreshet,
  "freshet, one a frame": openFreshet,
  "centrifuge, one a frame": openCentrifuge,
};

let sum = 0;
const loads = {
  "data not read": () => {},
  "data read": (message) => {
    sum += message.data.bid;
  },
};

function feedOverNetwork(system) {
  fetch(`/feed?system=${encodeURIComponent(system)}&count=${count}`, { method: "POST" });
}

function feedLocally(system) {
  const socket = LocalSocket.opened.get(system);
  const texts = socket.server.texts(count).map(flat);
  // A turn of its own for each hundred: what an SDK leaves for later must get its turn.
  const next = (from) => {
    for (let at = from; at < Math.min(from + 100, texts.length); ++at) socket.tell(texts[at]);
    if (from + 100 < texts.length) turn(() => next(from + 100));
  };
  turn(() => next(0));
}

// A text as it comes from a network: not the pieces that it was put together from.
const flat = (text) => new TextDecoder().decode(new TextEncoder().encode(text));

// Runs `task` next, without the 4 ms that nested timers wait.
const channel = new MessageChannel();
let task;
channel.port1.onmessage = () => task();
function turn(next) {
  task = next;
  channel.port2.postMessage(0);
}

const feeds = {
  "from a server": [WebSocket, feedOverNetwork],
  "in the page, without WebSocket": [LocalSocket, feedLocally],
};

function messagesPerSecond(system, use, feed) {
  return new Promise((resolve) => {
    let left = count;
    let began;
    receive = (message) => {
      began ??= performance.now();
      use(message);
      if (--left === 0) resolve(((count - 1) / (performance.now() - began)) * 1000);
    };
    feed(system);
  });
}

async function measure() {
  const rates = [];
  for (const [from, [Socket, feed]] of Object.entries(feeds)) {
    for (const [system, open] of Object.entries(systems)) {
      await open(`ws://${location.host}/${encodeURIComponent(system)}`, Socket);
    }
    for (let round = 0; round <= rounds; ++round) {
      for (const [use, handle] of Object.entries(loads)) {
        for (const system of Object.keys(systems)) {
          const rate = await messagesPerSecond(system, handle, feed);
          // The first one warms up.
          if (round > 0) rates.push({ load: `${from}, ${use}`, system, rate });
        }
      }
    }
  }
  if (!(sum > 0)) throw new Error("no data was read");
  return { rates };
}

const result = await measure().catch((error) => ({ failure: String(error) }));
await fetch("/result", { method: "POST", body: JSON.stringify(result) });
