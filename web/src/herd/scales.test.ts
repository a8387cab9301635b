import assert from "node:assert/strict";
import { test } from "node:test";
import {
  count_words,
  position_of,
  scales,
  seconds_words,
  share_words,
  thinned,
  unbroken,
  value_at,
} from "./scales.ts";

test("every step of a slider is another, greater value, from one end to the other", () => {
  for (const scale of Object.values(scales)) {
    for (let at = 1; at < scale.length; at += 1) assert.ok(scale[at]! > scale[at - 1]!);
    assert.equal(value_at(scale, -5), scale[0]);
    assert.equal(value_at(scale, scale.length + 5), scale.at(-1));
  }
  assert.deepEqual([scales.clients[0], scales.clients.at(-1)], [100, 1_000_000]);
  assert.deepEqual([scales.rate[0], scales.rate.at(-1)], [50, 50_000]);
  assert.deepEqual([scales.burst[0], scales.burst.at(-1)], [1, 1000]);
});

test("a value finds its stop, and one between two the nearer", () => {
  for (const scale of Object.values(scales)) {
    for (const value of scale) assert.equal(value_at(scale, position_of(scale, value)), value);
  }
  assert.equal(value_at(scales.clients, position_of(scales.clients, 123_456)), 120_000);
  assert.equal(value_at(scales.clients, position_of(scales.clients, 9e9)), 1_000_000);
  assert.equal(value_at(scales.down, position_of(scales.down, 17)), 15);
});

test("figures read well", () => {
  assert.equal(count_words(100_000), "100,000");
  assert.equal(seconds_words(850), "850 ms");
  assert.equal(seconds_words(12_345), "12.3 s");
  assert.equal(seconds_words(1_234_500), "1,234.5 s");
  assert.equal(seconds_words(NaN), "never");
  assert.equal(share_words(99_999, 100_000), "99 %");
  assert.equal(share_words(7, 7), "100 %");
  assert.equal(unbroken("1 s, 5 times 30 % and 2 ms so"), "1\u00a0s, 5 times 30\u00a0% and 2\u00a0ms so");
});

test("a thinned curve keeps its spikes, and is as long as the longest beside it", () => {
  assert.deepEqual(thinned([1, 9, 2, 3, 4], 5, 800), [1, 9, 2, 3, 4]);
  assert.deepEqual(thinned([1, 9, 2, 3, 4], 5, 3), [9, 3, 4]);
  // Of a run of ten slots this one ended after three.
  assert.deepEqual(thinned([1, 9, 2], 10, 5), [9, 2]);
  assert.deepEqual(thinned(new Uint32Array(), 10, 5), []);
});
