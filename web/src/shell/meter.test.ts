import assert from "node:assert/strict";
import { test } from "node:test";
import type { State, Transport } from "@freshet/client";
import { Meter } from "./meter.ts";

const live = (transport: Transport): State => ({ kind: "live", transport, unavailable: [] });
const waiting: State = { kind: "waiting", retryInMs: 900, attempt: 0, reason: "", unavailable: [] };

test("a message published before the line was live is replayed and has no latency", () => {
  const meter = new Meter();
  meter.handle_state(live("sse"), 1000);
  meter.handle_message("prices", { id: 1, time: 400 }, 1003);
  meter.handle_message("prices", { id: 2, time: 1100 }, 1104);
  assert.equal(meter.messages, 2);
  assert.equal(meter.replayed, 1);
  assert.deepEqual(meter.samples, [{ at: 1104, latency: 4, transport: "sse" }]);
});

test("a return is a reconnect, a hand-over is none", () => {
  const meter = new Meter();
  meter.handle_state(live("sse"), 0);
  meter.handle_state(live("websocket"), 10);
  assert.equal(meter.reconnects, 0);
  meter.handle_state(waiting, 20);
  meter.handle_state(live("websocket"), 30);
  assert.equal(meter.reconnects, 1);
  assert.deepEqual(meter.marks, [
    { at: 20, kind: "lost" },
    { at: 30, kind: "live" },
  ]);
});

test("a return counts even when the loss has left the chart", () => {
  const meter = new Meter(1000);
  meter.handle_state(live("sse"), 0);
  meter.handle_state(waiting, 10);
  meter.trim(5000);
  meter.handle_state(live("sse"), 5000);
  assert.equal(meter.reconnects, 1);
});

test("what was published while the line was down is replayed after it", () => {
  const meter = new Meter();
  meter.handle_state(live("sse"), 0);
  meter.handle_state(waiting, 100);
  meter.handle_state(live("sse"), 500);
  meter.handle_message("prices", { id: 5, time: 300 }, 510);
  assert.equal(meter.replayed, 1);
  assert.equal(meter.samples.length, 0);
});

test("an id that does not rise is counted, in each subscription for itself", () => {
  const meter = new Meter();
  meter.handle_state(live("sse"), 0);
  meter.handle_message("prices", { id: 5, time: 1 }, 2);
  meter.handle_message("chat", { id: 4, time: 1 }, 2);
  assert.equal(meter.disordered, 0);
  meter.handle_message("prices", { id: 5, time: 1 }, 3);
  assert.equal(meter.disordered, 1);
});

test("ids may begin anew after a gap", () => {
  const meter = new Meter();
  meter.handle_message("prices", { id: 500, time: 0 }, 0);
  meter.handle_gap("prices");
  meter.handle_message("prices", { id: 1, time: 0 }, 0);
  assert.equal(meter.gaps, 1);
  assert.equal(meter.disordered, 0);
});

test("a server whose clock is ahead gives no negative latency", () => {
  const meter = new Meter();
  meter.handle_state(live("sse"), 1000);
  meter.handle_message("prices", { id: 1, time: 1600 }, 1100);
  meter.handle_message("prices", { id: 2, time: 1700 }, 1207);
  assert.deepEqual(
    meter.samples.map(({ latency }) => latency),
    [0, 7],
  );
});

test("figures are those of one transport", () => {
  const meter = new Meter();
  meter.handle_state(live("sse"), 0);
  for (let id = 1; id <= 100; id += 1) meter.handle_message("a", { id, time: 1000 }, 1000 + id);
  meter.handle_state(live("polling"), 2000);
  meter.handle_message("a", { id: 200, time: 2100 }, 4100);
  assert.deepEqual(meter.figures("sse"), { median: 51, p99: 100 });
  assert.deepEqual(meter.figures("polling"), { median: 2000, p99: 2000 });
  assert.equal(meter.figures("websocket"), undefined);
});

test("samples leave with the chart's window", () => {
  const meter = new Meter(1000);
  meter.handle_state(live("sse"), 0);
  meter.handle_message("a", { id: 1, time: 10 }, 20);
  meter.handle_message("a", { id: 2, time: 900 }, 910);
  meter.trim(1500);
  assert.deepEqual(
    meter.samples.map(({ at }) => at),
    [910],
  );
  meter.trim(5000);
  assert.equal(meter.samples.length, 0);
});
