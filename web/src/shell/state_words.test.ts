import assert from "node:assert/strict";
import { test } from "node:test";
import type { State } from "@freshet/client";
import { duration_words, latency_words, state_announcement, state_words } from "./state_words.ts";

const waiting: State = {
  kind: "waiting",
  retryInMs: 1400,
  attempt: 0,
  reason: "the server closed the stream",
  unavailable: [],
};

test("a live state names its transport", () => {
  assert.equal(state_words({ kind: "live", transport: "sse", unavailable: [] }, 0), "live over SSE");
});

test("a waiting state counts down to nothing and no further", () => {
  assert.equal(state_words(waiting, 0), "waiting, back in 1.4 s");
  assert.equal(state_words(waiting, 1000), "waiting, back in 0.4 s");
  assert.equal(state_words(waiting, 5000), "waiting, back in 0.0 s");
});

test("an announcement says why and does not count", () => {
  assert.equal(
    state_announcement(waiting),
    "connection lost, coming back by itself: the server closed the stream",
  );
});

test("durations grow coarser as they grow longer", () => {
  assert.equal(duration_words(9_940), "9.9 s");
  assert.equal(duration_words(9_960), "10 s");
  assert.equal(duration_words(119_000), "119 s");
  assert.equal(duration_words(150_000), "3 min");
});

test("a latency is told in whole milliseconds, then in seconds", () => {
  assert.equal(latency_words(0.4), "< 1 ms");
  assert.equal(latency_words(12), "12 ms");
  assert.equal(latency_words(3_240), "3.2 s");
});
