import assert from "node:assert/strict";
import { test } from "node:test";
import { Flow, Published, visible_ms } from "./flow.ts";

test("what another channel has seen is held back here", () => {
  const published = new Published();
  for (const id of [10, 12, 12, 11, 15]) published.add(id);
  assert.equal(published.behind(9), 3);
  assert.equal(published.behind(10), 2);
  assert.equal(published.behind(15), 0);
  published.clear();
  assert.equal(published.behind(0), 0);
});

test("an arrival adds at once and fades", () => {
  const flow = new Flow();
  for (let i = 0; i < 5; i += 1) flow.add(10_000);
  const levels = flow.levels(11_000, visible_ms / 10 + 1);
  const at = (age_ms: number): number => levels[age_ms / 10] ?? NaN;
  // One second old: nothing is seen of it before it came (further from the gate).
  assert.equal(at(1010), 0);
  assert.ok(Math.abs(at(1000) - 5) < 0.01);
  assert.ok(at(500) < 5 && at(500) > 1);
  assert.ok(at(0) < at(500));
});

test("old arrivals are forgotten", () => {
  const flow = new Flow();
  flow.add(0);
  flow.trim(100_000);
  assert.ok(flow.levels(1000, 10).every((level) => level === 0));
});
