// The lean entry, whose modules are files beside it: which of them it loads, and when. Node's own
// fetch reads no files, so that in Node the package's lean entry is the inlined one.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, mock, test } from "node:test";
import { connect, type Transport } from "../npm/dist/lean.js";
import { Server } from "./server.js";

let server: Server;
let loaded: string[] = [];
let missing = "";

before(async () => {
  const network = globalThis.fetch;
  mock.method(globalThis, "fetch", async (from: string | URL, init?: RequestInit) => {
    if (!(from instanceof URL)) return network(from, init);
    const [file] = from.pathname.split("/").slice(-1) as [string];
    loaded.push(file);
    return file === missing ? new Response("", { status: 404 }) : new Response(await readFile(from));
  });
  server = await Server.start();
});
after(async () => {
  mock.restoreAll();
  await server.stop();
});
beforeEach(() => {
  loaded = [];
  missing = "";
});

async function receiveBy(transports: Transport[]) {
  await server.publish("lean", 1);
  const client = connect(server.url, { transports, reconnect: "none" });
  try {
    for await (const { data } of client.subscribe("lean", { cursor: "earliest" })) {
      assert.equal(data, 1);
      return client.getState();
    }
  } finally {
    client.close();
  }
  throw new Error("the stream has ended");
}

// Compiled once for all clients: this comes first.
test("a parser of event streams that is missing bars SSE alone, and the state says so", async () => {
  missing = "freshet-sse.wasm";
  const state = await receiveBy(["sse", "long-polling"]);
  assert.equal(state.kind === "live" && state.transport, "long-polling");
  assert.deepEqual(state.unavailable, ["sse"]);
});

test("the parser of event streams is not loaded for other transports", async () => {
  await receiveBy(["long-polling"]);
  assert.ok(!loaded.includes("freshet-sse.wasm"));
});

test("it is loaded for SSE over fetch, once for all clients", async () => {
  for (let n = 0; n < 2; n++) {
    const state = await receiveBy(["sse"]);
    assert.equal(state.kind === "live" && state.transport, "sse");
  }
  assert.deepEqual(loaded, ["freshet-sse.wasm"]);
});
