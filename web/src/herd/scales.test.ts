import assert from "node:assert/strict";
import { test } from "node:test";
import {
  count_words,
  position_of,
  positions,
  scales,
  seconds_words,
  thinned,
  value_at,
} from "./scales.ts";

test("every slider reaches both of its ends, and keeps a value it was given", () => {
  for (const scale of Object.values(scales)) {
    assert.equal(value_at(scale, 0), scale.min);
    assert.equal(value_at(scale, positions), scale.max);
    assert.equal(value_at(scale, -5), scale.min);
    assert.equal(value_at(scale, positions + 5), scale.max);
  }
  for (const value of [100, 2500, 100_000]) {
    assert.equal(value_at(scales.clients, position_of(scales.clients, value)), value);
  }
  assert.equal(value_at(scales.down, position_of(scales.down, 17)), 17);
  assert.equal(value_at(scales.burst, position_of(scales.burst, 50)), 50);
});

test("figures read well", () => {
  assert.equal(count_words(100_000), "100,000");
  assert.equal(seconds_words(850), "850 ms");
  assert.equal(seconds_words(12_345), "12.3 s");
  assert.equal(seconds_words(NaN), "never");
});

test("a thinned curve keeps its spikes, and is as long as the longest beside it", () => {
  assert.deepEqual(thinned([1, 9, 2, 3, 4], 5, 800), [1, 9, 2, 3, 4]);
  assert.deepEqual(thinned([1, 9, 2, 3, 4], 5, 3), [9, 3, 4]);
  // Of a run of ten slots this one ended after three.
  assert.deepEqual(thinned([1, 9, 2], 10, 5), [9, 2]);
  assert.deepEqual(thinned(new Uint32Array(), 10, 5), []);
});
