// The package against a real server in Node, on each transport.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, type Gap, type Message, type Transport } from "@freshet/client";
import WebSocket from "ws";
import { Server } from "./server.js";

const transports: readonly Transport[] = ["websocket", "sse", "long-polling", "polling"];
let server: Server;

before(async () => {
  server = await Server.start();
});
after(() => server.stop());

const connectOver = (transport: Transport, url = server.url) =>
  connect(url, { transports: [transport], webSocket: WebSocket, reconnect: "none" });

const live = (client: ReturnType<typeof connect>): Promise<void> =>
  new Promise((resolve) => {
    const dispose = client.onState((state) => {
      if (state.kind === "live") queueMicrotask(() => (dispose(), resolve()));
    });
  });

for (const transport of transports) {
  test(`${transport}: what is published arrives once and in order`, async () => {
    const client = connectOver(transport);
    const topic = `order.${transport}`;
    const stream = client.subscribe(topic);
    await new Promise<void>((resolve) => client.subscribe(topic, { onMessage() {}, onLive: resolve }));
    for (let n = 0; n < 20; n++) await server.publish(topic, { n, text: "æ\u2028" });
    const seen: unknown[] = [];
    for await (const message of stream) {
      seen.push(message.data);
      if (seen.length === 20) break;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, n) => ({ n, text: "æ\u2028" })),
    );
    client.close();
    assert.equal(client.getState().kind, "closed");
  });

  test(`${transport}: publish gives the id of the message`, async () => {
    const client = connectOver(transport);
    const topic = `publish.${transport}`;
    const first = await client.publish(topic, { n: 1 });
    const arrived = await new Promise<Message>((resolve) =>
      client.subscribe(topic, { cursor: "earliest", onMessage: resolve }),
    );
    assert.equal(arrived.id, first.id);
    assert.deepEqual(arrived.data, { n: 1 });
    client.close();
  });

  test(`${transport}: a kept cursor resumes behind it`, async () => {
    const topic = `resume.${transport}`;
    const one = connectOver(transport);
    await one.publish(topic, 1);
    const stream = one.subscribe(topic, { cursor: "earliest" });
    for await (const message of stream) {
      assert.equal(message.data, 1);
      break;
    }
    const { cursor } = stream;
    one.close();
    await server.publish(topic, 2);
    const two = connectOver(transport);
    for await (const message of two.subscribe(topic, { cursor })) {
      assert.equal(message.data, 2);
      break;
    }
    two.close();
  });

  test(`${transport}: after a restart of the server the gap is told and messages flow`, async () => {
    const own = await Server.start();
    const client = connectOver(transport, own.url);
    const topic = `restart.${transport}`;
    await own.publish(topic, "before");
    const gaps: Gap[] = [];
    const seen: unknown[] = [];
    let arrived = (): void => {};
    client.subscribe(topic, {
      cursor: "earliest",
      onMessage: (message) => (seen.push(message.data), arrived()),
      onGap: (gap) => gaps.push(gap),
    });
    await new Promise<void>((resolve) => (arrived = resolve));
    await own.stop();
    const again = await Server.start(Number(new URL(own.url).port));
    const back = new Promise<void>((resolve) => (arrived = resolve));
    await again.publish(topic, "after");
    await back;
    assert.deepEqual(seen, ["before", "after"]);
    assert.equal(gaps[0]?.reason, "epoch");
    client.close();
    await again.stop();
  });
}

test("transports change while it runs, without loss or repetition", async () => {
  const client = connectOver("websocket");
  const seen: unknown[] = [];
  let arrived = (): void => {};
  await new Promise<void>((resolve) =>
    client.subscribe("change.now", {
      onMessage: (message) => (seen.push(message.data), arrived()),
      onLive: resolve,
    }),
  );
  for (const [n, transport] of transports.entries()) {
    client.setTransports([transport]);
    await new Promise<void>((resolve) => {
      const dispose = client.onState((state) => {
        if (state.kind === "live" && state.transport === transport) {
          queueMicrotask(() => (dispose(), resolve()));
        }
      });
    });
    const next = new Promise<void>((resolve) => (arrived = resolve));
    await server.publish("change.now", n);
    await next;
  }
  assert.deepEqual(seen, [0, 1, 2, 3]);
  client.close();
});

test("a runtime without WebSocket says so and goes on over the next transport", async () => {
  const client = connect(server.url, { webSocket: null, reconnect: "none" });
  client.subscribe("without", () => {});
  await live(client);
  const state = client.getState();
  assert.equal(state.kind === "live" && state.transport, "sse");
  assert.deepEqual(state.unavailable, ["websocket"]);
  client.close();
});
