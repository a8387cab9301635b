import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Model } from "./model.ts";
import { Run } from "./run.ts";

const model = await Model.load(readFileSync("../build/wasm/herd.wasm"));
const settings = { clients: 1000, down: 1000, rate: 500, burst: 50, cold: false };

test("the last slice says that it is, and has the whole curves", () => {
  const run = new Run(model, { run: 7, settings, policies: ["windowed", "socket.io"] });
  for (;;) {
    const report = run.next();
    assert.ok(report.kind === "progress" && report.run === 7);
    if (!report.done) continue;
    const back = report.curves.map(({ recovered }) => recovered.reduce((sum, one) => sum + one, 0));
    assert.deepEqual(back, [1000, 1000]);
    assert.ok(report.figures[0]!.peak < report.figures[1]!.peak);
    break;
  }
  run.free();
});

test("an unknown policy is refused by its name", () => {
  assert.throws(() => new Run(model, { run: 1, settings, policies: ["hope"] }), /hope/);
});
