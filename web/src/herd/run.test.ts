import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Model } from "./model.ts";
import { Run } from "./run.ts";

const model = await Model.load(readFileSync("../build/wasm/herd.wasm"));
const settings = { clients: 1000, down: 1000, rate: 500, burst: 50, cold: false, tickets: true };

test("the reports' pieces make up the whole curves, and the last one says that it is", () => {
  const policies = ["windowed", "socket.io"];
  const run = new Run(model, { run: 7, settings, policies });
  const back: number[][] = [[], []];
  for (let steps = 1; ; steps += 1) {
    const done = run.advance();
    if (steps % 3 !== 0 && !done) continue;
    const report = run.report();
    assert.equal(report.run, 7);
    report.pieces.forEach(({ from, slots }, index) => {
      assert.ok(from <= back[index]!.length);
      back[index]!.splice(from, Infinity, ...slots.recovered);
    });
    assert.equal(report.done, done);
    if (!done) continue;
    assert.ok(report.pieces[0]!.figures.peak < report.pieces[1]!.figures.peak);
    break;
  }
  policies.forEach((name, index) => {
    const herd = model.herd(model.policies.find((one) => one.name === name)!, settings);
    herd.advance(1e6);
    assert.deepEqual(back[index], [...herd.slots().recovered]);
    herd.free();
  });
  run.free();
});

test("an unknown policy is refused by its name", () => {
  assert.throws(() => new Run(model, { run: 1, settings, policies: ["windowed", "hope"] }), /hope/);
});
