import assert from "node:assert/strict";
import { test } from "node:test";
import { parse_report } from "./real_report.ts";

const result = {
  ...{ kind: "result", clients: 2, rate: 100, down_ms: 500, recovered: 2, ideal_ms: 520, all_ms: 900 },
  ...{ peak: 1, tries: 1.5, gaps: 2, lost: 0, twice: 0, arrivals: [1, 2], back: [0, 2] },
};

test("what the demo's program tells is taken as it is", () => {
  const ready = { kind: "ready", clients: 2, rate: 100, down_ms: 500 };
  for (const report of [ready, { kind: "progress", words: "2 of 3 back" }, result]) {
    assert.deepEqual(parse_report(report), report);
  }
  assert.deepEqual(parse_report({ ...result, all_ms: null }), { ...result, all_ms: null });
});

test("what others publish there is refused", () => {
  for (const other of [{}, { kind: "ready" }, { kind: "progress" }, { ...result, back: "all" }, { ...result, peak: "9" }, 7]) {
    assert.throws(() => parse_report(other), TypeError);
  }
});
