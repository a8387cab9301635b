// What the client does by itself: errors, listeners, loops, signals, and a trap of its core.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, mock, test } from "node:test";
import { connect, FreshetError, type Message, type State } from "@freshet/client";
import WebSocket from "ws";
import { Server } from "./server.js";

let server: Server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop());

const open = () => connect(server.url, { webSocket: WebSocket, reconnect: "none" });
const withCode = (code: string) => (error: unknown) =>
  error instanceof FreshetError && error.code === code;

test("a bad address closes the client, and every call says why", async () => {
  const client = connect("ftp://example.com");
  const state = client.getState();
  assert.equal(state.kind === "closed" && state.error?.code, "invalid_url");
  await assert.rejects(client.publish("a", 1), withCode("closed"));
  await assert.rejects(async () => {
    for await (const _ of client.subscribe("a"));
  }, withCode("closed"));
});

test("an empty or wrong list of transports throws", () => {
  assert.throws(() => connect(server.url, { transports: [] }), withCode("invalid_argument"));
  const client = open();
  assert.throws(() => client.setTransports([]), withCode("invalid_argument"));
  client.close();
});

test("a bad pattern is thrown in the loop and told to onError", async () => {
  const client = open();
  await assert.rejects(async () => {
    for await (const _ of client.subscribe("prices*"));
  }, withCode("invalid_pattern"));
  const error = await new Promise<FreshetError>((resolve) =>
    client.subscribe("prices*", { onMessage() {}, onError: resolve }),
  );
  assert.match(error.message, /'\*' must be a whole segment/);
  client.close();
});

test("what is no JSON and no topic is refused", async () => {
  const client = open();
  await assert.rejects(client.publish("a", undefined), withCode("invalid_json"));
  await assert.rejects(client.publish("a", 1n), withCode("invalid_json"));
  await assert.rejects(client.publish("a..b", 1), withCode("invalid_topic"));
  client.close();
});

test("close rejects publishes that wait and ends loops quietly", async () => {
  const client = connect("http://127.0.0.1:9", { transports: ["polling"] });
  const publish = client.publish("a", 1);
  const loop = (async () => {
    for await (const _ of client.subscribe("a"));
    return "ended";
  })();
  client.close();
  await assert.rejects(publish, withCode("closed"));
  assert.equal(await loop, "ended");
});

test("a signal rejects a publish with its reason and ends a loop quietly", async () => {
  const client = connect("http://127.0.0.1:9", { transports: ["polling"] });
  const controller = new AbortController();
  const { signal } = controller;
  const publish = client.publish("a", 1, { signal });
  const loop = (async () => {
    for await (const _ of client.subscribe("a", { signal }));
    return "ended";
  })();
  controller.abort(new Error("enough"));
  await assert.rejects(publish, /enough/);
  assert.equal(await loop, "ended");
  await assert.rejects(client.publish("a", 1, { signal }), /enough/);
  client.close();
});

test("the state keeps its identity between changes, and listeners are told it at once", async () => {
  const client = open();
  const { getState, onState, close } = client;
  assert.equal(getState(), getState());
  const seen: State[] = [];
  const dispose = onState((state) => seen.push(state));
  assert.equal(seen[0], getState());
  dispose();
  close();
  assert.equal(seen.length, 1);
});

// centrifuge-js#391: calls from inside a handler got the client stuck; phoenix#6578: it came back.
for (const [at, told, sockets] of [
  ["connecting", ["idle", "connecting", "closed"], 0],
  ["live", ["idle", "connecting", "live", "closed"], 1],
  ["waiting", ["idle", "connecting", "waiting", "closed"], 1],
] as const) {
  test(`a client closed by its state listener when ${at} is told so once and stays closed`, async () => {
    let opened = 0;
    class Counter extends WebSocket {
      constructor(url: string, protocols: string[]) {
        opened++;
        super(at === "waiting" ? url.replace("/v1/ws", "/nothing") : url, protocols);
      }
    }
    const only = { transports: ["websocket"], reconnect: "none" } as const;
    const client = connect(server.url, { ...only, webSocket: Counter });
    const heard: string[] = [];
    const over = new Promise<void>((resolve) => {
      client.onState(({ kind }) => {
        if (kind === at) client.close();
      });
      client.onState(({ kind }) => {
        heard.push(kind);
        if (kind === "closed") resolve();
      });
    });
    client.subscribe("handlers", () => {});
    await over;
    // Another that connects and publishes only now shows that there was time to come back.
    const other = connect(server.url, { ...only, webSocket: WebSocket });
    await other.publish("handlers", 1);
    other.close();
    assert.deepEqual(heard, told);
    assert.equal(opened, sockets);
  });
}

test("subscriptions made and ended inside a listener get every message in order", async () => {
  const client = open();
  for (let n = 1; n <= 5; n++) await client.publish("nested", n);
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    const outer = client.subscribe("nested", {
      cursor: "earliest",
      onMessage({ data }) {
        seen.push(`outer ${data}`);
        if (data !== 2) return;
        outer.close();
        client.subscribe("nested", {
          cursor: outer.cursor,
          onMessage(inner) {
            seen.push(`inner ${inner.data}`);
            if (inner.data === 5) resolve();
          },
        });
      },
    });
  });
  assert.deepEqual(seen, ["outer 1", "outer 2", "inner 3", "inner 4", "inner 5"]);
  client.close();
});

test("a subscription closed in its own listener gets nothing more", async () => {
  const client = open();
  const topic = "closing";
  for (let n = 0; n < 3; n++) await client.publish(topic, n);
  const seen: unknown[] = [];
  const { close } = client.subscribe(topic, {
    cursor: "earliest",
    onMessage(message) {
      seen.push(message.data);
      close();
    },
  });
  const all: unknown[] = [];
  for await (const message of client.subscribe(topic, { cursor: "earliest" })) {
    if (all.push(message.data) === 3) break;
  }
  assert.deepEqual(seen, [0]);
  client.close();
});

test("close and subscribe again in one turn costs no frame", async () => {
  const frames: string[] = [];
  class Recorder extends WebSocket {
    override send(text: string): void {
      frames.push(text);
      super.send(text);
    }
  }
  const client = connect(server.url, { transports: ["websocket"], webSocket: Recorder });
  await new Promise<void>((onLive) => client.subscribe("keep", { onMessage() {}, onLive }));
  const first = client.subscribe("strict", () => {});
  await new Promise((resolve) => setImmediate(resolve));
  const sent = frames.length;
  first.close();
  const again = client.subscribe("strict", () => {});
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(frames.length, sent);
  again.close();
  client.close();
});

test("parse makes the application's type; what it refuses goes to onError", async () => {
  const client = open();
  await client.publish("parse", "x");
  await client.publish("parse", 7);
  const errors: string[] = [];
  const stream = client.subscribe("parse", {
    cursor: "earliest",
    parse(data) {
      if (typeof data !== "number") throw new Error("no number");
      return { doubled: data * 2 };
    },
    onError: (error) => errors.push(error.code),
  });
  for await (const message of stream) {
    assert.equal(message.data.doubled, 14);
    break;
  }
  assert.deepEqual(errors, ["invalid_json"]);
  client.close();
});

test("a loop that reads too slowly is told one gap in front of what is left", async () => {
  const client = open();
  const topic = "unread";
  const gaps: { after: string; until: string; reason: string }[] = [];
  const stream = client.subscribe(topic, {
    cursor: "earliest",
    unreadMax: 3,
    onGap: (gap) => gaps.push(gap),
  });
  const arrived = new Promise<void>((resolve) =>
    client.subscribe(topic, {
      cursor: "earliest",
      onMessage: (message) => message.data === 9 && resolve(),
    }),
  );
  const ids: number[] = [];
  for (let n = 0; n < 10; n++) ids.push((await client.publish(topic, n)).id);
  await arrived;
  const seen: unknown[] = [];
  for await (const message of stream) if (seen.push(message.data) === 3) break;
  assert.deepEqual(seen, [7, 8, 9]);
  assert.equal(gaps.length, 1);
  assert.equal(gaps[0]!.reason, "limit");
  assert.ok(gaps[0]!.after.endsWith(`:${ids[0]! - 1}`));
  assert.ok(gaps[0]!.until.endsWith(`:${ids[6]}`));
  client.close();
});

test("after a trap a new instance resumes at the last cursor", async () => {
  const instantiate = WebAssembly.instantiate as (
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
  ) => Promise<WebAssembly.Instance>;
  let instances = 0;
  let trap = false;
  const patched = mock.method(
    WebAssembly,
    "instantiate",
    async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
      const instance = await instantiate(module, imports);
      const { exports } = instance;
      if (!imports["env"]?.["now"]) return instance; // Node's fetch has a module of its own.
      instances++;
      // The build gives exports short names; any call may be the one that traps.
      const trapping = Object.entries(exports).map(([name, value]) => [
        name,
        typeof value !== "function"
          ? value
          : (...values: number[]) => {
              if (trap) {
                trap = false;
                throw new WebAssembly.RuntimeError("unreachable");
              }
              return (value as (...values: number[]) => unknown)(...values);
            },
      ]);
      return { exports: Object.fromEntries(trapping) } as WebAssembly.Instance;
    },
  );
  const told = mock.method(console, "error", () => {});
  const random = mock.method(Math, "random", () => 0.001);
  const client = open();
  const seen: unknown[] = [];
  let next = (_: Message): void => {};
  const arrival = () => new Promise<Message>((resolve) => (next = resolve));
  const ready = new Promise<void>((onLive) =>
    client.subscribe("trap", {
      onMessage(message) {
        seen.push(message.data);
        next(message);
      },
      onLive,
    }),
  );
  await ready;
  let arrived = arrival();
  await server.publish("trap", 1);
  await arrived;
  trap = true;
  arrived = arrival();
  await server.publish("trap", 2);
  await server.publish("trap", 3);
  await arrived;
  if (seen.length < 3) await arrival();
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(instances, 2);
  assert.equal(told.mock.callCount(), 1);
  client.close();
  for (const each of [patched, told, random]) each.mock.restore();
});

test("the module may come as bytes, compiled, or in a Response", async () => {
  const bytes = readFileSync(new URL("../npm/dist/freshet.wasm", import.meta.url));
  const module = await WebAssembly.compile(bytes);
  for (const wasm of [bytes, module, new Response(bytes), Promise.resolve(module)]) {
    const client = connect(server.url, { wasm, webSocket: WebSocket });
    assert.ok((await client.publish("source", 1)).id > 0);
    client.close();
  }
});

test("a module that cannot be compiled closes the client as unsupported", async () => {
  const client = connect(server.url, { wasm: new Uint8Array([1, 2, 3]) });
  await assert.rejects(client.publish("a", 1), withCode("unsupported"));
  const state = client.getState();
  assert.equal(state.kind === "closed" && state.error?.code, "unsupported");
});

test("a module that cannot be fetched is tried again", async () => {
  const bytes = readFileSync(new URL("../npm/dist/freshet.wasm", import.meta.url));
  let requests = 0;
  const files = createServer((_, response) => {
    response.statusCode = ++requests === 1 ? 503 : 200;
    response.end(bytes);
  });
  await once(files.listen(0, "127.0.0.1"), "listening");
  const { port } = files.address() as AddressInfo;
  const random = mock.method(Math, "random", () => 0.01);
  const client = connect(server.url, { wasm: `http://127.0.0.1:${port}/freshet.wasm` });
  const seen: string[] = [];
  client.onState(({ kind }) => seen.push(kind));
  assert.ok((await client.publish("again", 1)).id > 0);
  assert.equal(seen[1], "waiting");
  assert.equal(requests, 2);
  client.close();
  random.mock.restore();
  files.close();
});

test("a listener that closes the client while the module cannot be fetched ends it for all", async () => {
  const requested: (string | undefined)[] = [];
  const files = createServer(({ url }, response) => {
    requested.push(url);
    response.statusCode = 503;
    response.end();
  });
  await once(files.listen(0, "127.0.0.1"), "listening");
  const { port } = files.address() as AddressInfo;
  const random = mock.method(Math, "random", () => 0.001);
  const fetching = (name: string) => connect(server.url, { wasm: `http://127.0.0.1:${port}/${name}` });
  const client = fetching("closed");
  const heard: string[] = [];
  client.onState(({ kind }) => kind === "waiting" && client.close());
  const over = new Promise<void>((resolve) =>
    client.onState(({ kind }) => {
      heard.push(kind);
      if (kind === "closed") resolve();
    }),
  );
  await over;
  // Another that begins only now and comes again shows that there was time for it.
  const other = fetching("other");
  await new Promise<void>((resolve) =>
    other.onState((state) => state.kind === "waiting" && state.attempt === 1 && resolve()),
  );
  assert.deepEqual(heard, ["idle", "closed"]);
  assert.deepEqual(requested, ["/closed", "/other", "/other"]);
  other.close();
  random.mock.restore();
  files.close();
});

test("a token goes with each request, and a new one with each connection", async () => {
  const tokens: (string | null)[] = [];
  let made = 0;
  const client = connect(server.url, {
    transports: ["sse"],
    token: async () => `t${++made}`,
    fetch: (input, init) => {
      tokens.push(new Headers(init?.headers).get("authorization"));
      return fetch(input, init);
    },
  });
  await new Promise<void>((onLive) => client.subscribe("token", { onMessage() {}, onLive }));
  await client.publish("token", 1);
  assert.deepEqual(tokens, ["Bearer t1", "Bearer t2"]);
  client.close();
});

test("event streams over fetch are read in every cut", async () => {
  for (const bytesMax of [1, 7, 350]) {
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        for (let at = 0; at < bytes.length; at += bytesMax) {
          controller.enqueue(bytes.subarray(at, at + bytesMax));
        }
      },
    });
    const client = connect(server.url, {
      transports: ["sse"],
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        return init?.method === "POST" ? answer : new Response(answer.body!.pipeThrough(cut));
      },
    });
    const topic = `cut.${bytesMax}`;
    for (let n = 0; n < 50; n++) await server.publish(topic, n);
    const seen: unknown[] = [];
    for await (const { data } of client.subscribe(topic, { cursor: "earliest" })) {
      if (seen.push(data) === 50) break;
    }
    assert.deepEqual(seen, [...Array(50).keys()]);
    client.close();
  }
});

test("what a listener throws is uncaught, and the next message still comes", async () => {
  const client = open();
  const thrown = new Promise((resolve) => {
    const others = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error: Error) => {
      for (const other of others) process.on("uncaughtException", other as () => void);
      resolve(error.message);
    });
  });
  await client.publish("throws", 1);
  await client.publish("throws", 2);
  const seen: unknown[] = [];
  await new Promise<void>((resolve) =>
    client.subscribe("throws", {
      cursor: "earliest",
      onMessage(message) {
        seen.push(message.data);
        if (message.data === 1) throw new Error("mine");
        resolve();
      },
    }),
  );
  assert.equal(await thrown, "mine");
  assert.deepEqual(seen, [1, 2]);
  client.close();
});

test("transports are tried in the order of the list", async () => {
  const client = connect(server.url, { transports: ["long-polling", "sse"] });
  const seen: string[] = [];
  client.onState((state) => {
    if (state.kind === "connecting") seen.push(state.transport);
  });
  await client.publish("order", 1);
  assert.deepEqual(seen, ["long-polling"]);
  client.close();
});
