// The ports of WebSocket, EventSource, fetch and the page, on constructors and targets of our own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EndKind, type End, NetworkEvent } from "../src/core.js";
import { openEventSource } from "../src/event_source.js";
import { exchange } from "../src/http.js";
import { watchPage } from "../src/page.js";
import { openWebSocket } from "../src/websocket.js";
import type { Wire } from "../src/wire.js";

class FakeWebSocket {
  static last: FakeWebSocket;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: string[] = [];
  closedWith: number | undefined;
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeWebSocket.last = this;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
}

class FakeEventSource {
  static last: FakeEventSource;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly listeners = new Map<string, (event: { data: string }) => void>();
  constructor(readonly url: string) {
    FakeEventSource.last = this;
  }
  addEventListener(type: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
  }
}

function recordingWire(token?: string) {
  const controller = new AbortController();
  const frames: string[] = [];
  const ends: End[] = [];
  const over = () => controller.signal.aborted || ends.length > 0;
  const wire: Wire = {
    controller_: controller,
    token_: token,
    frames_: (texts) => {
      if (!over()) frames.push(...texts);
    },
    end_: (end) => {
      if (!over()) ends.push(end);
    },
  };
  return { controller, frames, ends, wire };
}

test("a WebSocket shows its token first, then carries frames both ways", () => {
  const { frames, wire } = recordingWire("secret");
  openWebSocket(FakeWebSocket, "ws://host/v1/ws", wire);
  const socket = FakeWebSocket.last;
  assert.deepEqual(socket.protocols, ["freshet.v1"]);
  wire.send_?.("too early");
  socket.onopen?.();
  wire.send_?.("later");
  socket.onmessage?.({ data: "frame" });
  socket.onmessage?.({ data: "several\nin one\nmessage" });
  assert.deepEqual(socket.sent, ['{"op":"token","token":"secret"}', "later"]);
  assert.deepEqual(frames, ["frame", "several", "in one", "message"]);
});

test("a WebSocket's end is unreachable before it opened, lost by 1006, else closed with its code", () => {
  for (const [opened, code, kind] of [
    [false, 1006, EndKind.unreachable],
    [true, 1006, EndKind.lost],
    [true, 4100, EndKind.closed],
  ] as const) {
    const { ends, wire } = recordingWire();
    openWebSocket(FakeWebSocket, "ws://host", wire);
    if (opened) FakeWebSocket.last.onopen?.();
    FakeWebSocket.last.onclose?.({ code, reason: "" });
    assert.equal(ends.length, 1);
    assert.equal(ends[0]!.kind, kind);
    if (kind === EndKind.closed) assert.equal(ends[0]!.code, 4100);
  }
});

test("a binary message ends a WebSocket as malformed, once", () => {
  const { ends, wire } = recordingWire();
  openWebSocket(FakeWebSocket, "ws://host", wire);
  const socket = FakeWebSocket.last;
  socket.onopen?.();
  socket.onmessage?.({ data: new ArrayBuffer(1) });
  socket.onclose?.({ code: 1000, reason: "" });
  assert.deepEqual(ends.map(({ kind }) => kind), [EndKind.malformed]);
  assert.equal(socket.closedWith, 1000);
});

test("a WebSocket that is not wanted closes with a code that applications may send", () => {
  for (const [code, sent] of [[4100, 4100], [1001, 1000], [undefined, 1000]] as const) {
    const { controller, ends, wire } = recordingWire();
    openWebSocket(FakeWebSocket, "ws://host", wire);
    controller.abort(code);
    assert.equal(FakeWebSocket.last.closedWith, sent);
    FakeWebSocket.last.onclose?.({ code: 1006, reason: "" });
    assert.deepEqual(ends, []);
  }
});

test("an EventSource is closed on its first error, so that our policy decides", () => {
  for (const [opened, kind] of [[false, EndKind.unreachable], [true, EndKind.lost]] as const) {
    const { frames, ends, wire } = recordingWire();
    openEventSource(FakeEventSource, "http://host/v1/sse", wire);
    const source = FakeEventSource.last;
    if (opened) source.onopen?.();
    source.listeners.get("message")?.({ data: "one" });
    source.listeners.get("control")?.({ data: "two" });
    source.onerror?.();
    assert.deepEqual(frames, ["one", "two"]);
    assert.deepEqual(ends, [{ kind }]);
    assert.ok(source.closed);
  }
});

const answering = (status: number, headers: Record<string, string>): typeof fetch => async () =>
  new Response("text", { status, headers });

async function ask(by: typeof fetch | null): Promise<End> {
  const { ends, wire } = recordingWire();
  await exchange(by, "http://host/", "", wire, async (answer) => {
    assert.equal(await answer.text(), "text");
  });
  assert.equal(ends.length, 1);
  return ends[0]!;
}

test("an answer of status 200 is read, and without fetch there is none", async () => {
  assert.deepEqual(await ask(answering(200, {})), { kind: EndKind.finished });
  assert.deepEqual(await ask(null), { kind: EndKind.unsupported });
});

test("what a browser says of a failed request is left to the core's words", async () => {
  const failing: typeof fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  assert.deepEqual(await ask(failing), { kind: EndKind.unreachable });
  const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("network error")) });
  assert.deepEqual(await ask(async () => new Response(broken)), { kind: EndKind.lost });
});

test("a refusal tells its status, ticket and how long to stay away", async () => {
  for (const [headers, retryAfter] of [
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "2", "freshet-retry-after-ms": "1500" }, 1500],
    [{ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ] as [Record<string, string>, number | undefined][]) {
    const end = await ask(answering(503, { ...headers, "freshet-ticket": "t" }));
    assert.equal(end.kind, EndKind.refused);
    assert.equal(end.code, 503);
    assert.equal(end.retryAfter_, retryAfter);
    assert.equal(end.ticket_, "t");
  }
});

test("a date in Retry-After is the time until then", async () => {
  const end = await ask(answering(429, { "retry-after": new Date(Date.now() + 60_000).toUTCString() }));
  assert.ok(end.retryAfter_! > 50_000 && end.retryAfter_! <= 60_000);
});

test("a request carries the token, and a body makes it a POST", async () => {
  const inits: RequestInit[] = [];
  const by: typeof fetch = async (_, init) => (inits.push(init!), new Response(""));
  const read = async () => {};
  await exchange(by, "http://host/", "{}", recordingWire("secret").wire, read);
  await exchange(by, "http://host/", "", recordingWire().wire, read);
  assert.equal(inits[0]!.method, "POST");
  assert.deepEqual(inits[0]!.headers, { authorization: "Bearer secret" });
  assert.equal(inits[1]!.method, undefined);
  assert.equal(inits[1]!.headers, undefined);
});

test("the page's events are told until the client is closed, that it is hidden at once", () => {
  const window = new EventTarget();
  const page = Object.assign(new EventTarget(), { hidden: true });
  const names = ["addEventListener", "document"] as const;
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  Object.defineProperty(globalThis, "document", { value: page, configurable: true });
  Object.defineProperty(globalThis, "addEventListener", {
    value: window.addEventListener.bind(window),
    configurable: true,
  });
  try {
    const told: NetworkEvent[] = [];
    const life = new AbortController();
    watchPage(life.signal, (event) => told.push(event));
    for (const type of ["offline", "online"]) window.dispatchEvent(new Event(type));
    window.dispatchEvent(new Event("pageshow"));
    window.dispatchEvent(new Event("pagehide"));
    page.dispatchEvent(new Event("freeze"));
    page.dispatchEvent(new Event("resume"));
    window.dispatchEvent(new Event("pageshow"));
    page.hidden = false;
    page.dispatchEvent(new Event("visibilitychange"));
    life.abort();
    window.dispatchEvent(new Event("offline"));
    assert.deepEqual(told, [
      NetworkEvent.hidden,
      NetworkEvent.offline,
      NetworkEvent.online,
      NetworkEvent.resumed,
      NetworkEvent.suspended,
      NetworkEvent.suspended,
      NetworkEvent.resumed,
      NetworkEvent.resumed,
      NetworkEvent.shown,
    ]);
  } finally {
    names.forEach((name, index) => {
      Reflect.deleteProperty(globalThis, name);
      if (before[index]) Object.defineProperty(globalThis, name, before[index]);
    });
  }
});
