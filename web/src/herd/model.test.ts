import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Model, type Settings } from "./model.ts";

// `npm test` runs in web/.
const model = await Model.load(readFileSync("../build/wasm/herd.wasm"));
const settings: Settings = { clients: 2000, down: 3000, rate: 500, burst: 50, cold: false, tickets: true };
const policy = (name: string) => model.policies.find((one) => one.name === name)!;

test("the model knows our policy and those of others, in words", () => {
  assert.equal(model.policies[0]!.name, "windowed");
  assert.equal(policy("windowed").kind, "ours");
  assert.equal(policy("socket.io").kind, "peer");
  assert.match(policy("eventsource").summary, /3 s/);
  assert.ok(model.policies.length > 20);
});

test("run in steps or at once, a herd gives the same figures and the whole curve", () => {
  const at_once = model.herd(policy("windowed"), settings);
  assert.equal(at_once.advance(1e6), true);
  const stepped = model.herd(policy("windowed"), settings);
  for (let until = 250; !stepped.advance(until); until += 250);
  assert.deepEqual(stepped.figures(), at_once.figures());
  assert.deepEqual(stepped.slots(), at_once.slots());
  assert.equal(
    stepped.slots().recovered.reduce((sum, one) => sum + one, 0),
    settings.clients,
  );
  assert.equal(at_once.figures().ideal, 7000);
  assert.ok(at_once.figures().all < 14_000);
  at_once.free();
  stepped.free();
});

test("settings that make no sense are refused in words", () => {
  assert.throws(() => model.herd(policy("windowed"), { ...settings, rate: 0 }), RangeError);
  assert.throws(() => model.herd(policy("windowed"), { ...settings, clients: 0 }), /client/);
});

test("without tickets the last ones come later", () => {
  const many = { clients: 20_000, down: 10_000, rate: 2000, burst: 50, cold: false };
  const all_back = (tickets: boolean): number => {
    const herd = model.herd(policy("windowed"), { ...many, tickets });
    herd.advance(1e6);
    const { all } = herd.figures();
    herd.free();
    return all;
  };
  assert.ok(all_back(false) > 1.2 * all_back(true));
});
