import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figures } from "./model.ts";
import { verdict } from "./verdict.ts";

const settings = { clients: 1000, down: 0, rate: 100, burst: 10, cold: false, tickets: true };
const ours: Figures = {
  ...{ clients: 1000, recovered: 1000, gaveUp: 0, ideal: 10_000 },
  ...{ half: 5000, most: 10_500, all: 11_000, peak: 20, triesMean: 1 },
};

test("the best there can be, ours, and the worst of the others", () => {
  assert.equal(
    verdict(settings, [ours, { ...ours, peak: 200, most: 20_000 }, { ...ours, peak: 100 }], ["a", "b"]),
    "No server that admits 100 clients a second can have all 1,000 back before 10.0 s. " +
      "Freshet has 99 % back after 10.5 s, 1.05 times that; at most 20 came in a tenth of a second. " +
      "With a 200 came at once, 10 times as many, and it has 99 % back after 20.0 s, 2.00 times that.",
  );
});

test("those who never come back are told, and those who gave up", () => {
  const lost = { ...ours, peak: 1000, most: NaN, all: NaN, recovered: 280 };
  assert.match(verdict(settings, [ours, lost], ["faye"]), /faye .* has 28 % back after 240\.0 s\.$/);
  const given_up = { ...lost, gaveUp: 720 };
  assert.match(verdict(settings, [ours, given_up], ["nats.js"]), /, while 72 % gave up\.$/);
});

test("alone, or the calmest of all, ours is not compared", () => {
  assert.doesNotMatch(verdict(settings, [ours], []), /With/);
  assert.doesNotMatch(verdict(settings, [ours, { ...ours, peak: 20 }], ["a"]), /With/);
  assert.equal(verdict(settings, [], []), "");
});
