import assert from "node:assert/strict";
import { test } from "node:test";
import { Playback } from "./playback.ts";

test("it shows as many seconds in one of ours as its speed says", () => {
  const playback = new Playback(10);
  playback.learn(60_000, false);
  playback.pass(100);
  assert.equal(playback.at, 1000);
  playback.speed = 1;
  playback.pass(100);
  assert.equal(playback.at, 1100);
  playback.speed = Infinity;
  playback.pass(0);
  assert.equal(playback.at, 60_000);
});

test("it waits for what has not been computed yet, and ends with the run", () => {
  const playback = new Playback(100);
  assert.equal(playback.kind, "waiting");
  playback.learn(5000, false);
  assert.equal(playback.kind, "playing");
  playback.pass(200);
  assert.equal(playback.at, 5000);
  assert.equal(playback.kind, "waiting");
  playback.learn(6000, true);
  assert.equal(playback.kind, "playing");
  playback.pass(200);
  assert.equal(playback.at, 6000);
  assert.equal(playback.kind, "over");
});

test("a page that was in the background goes on where it was", () => {
  const playback = new Playback(1);
  playback.learn(600_000, true);
  playback.pass(300_000);
  assert.ok(playback.at < 1000);
});

test("pause, step, go on; and the end begins again", () => {
  const playback = new Playback(1);
  playback.learn(2500, true);
  playback.toggle();
  playback.pass(100);
  assert.deepEqual([playback.kind, playback.at], ["paused", 0]);
  playback.step();
  playback.step();
  assert.deepEqual([playback.kind, playback.at], ["paused", 2000]);
  playback.toggle();
  playback.pass(100);
  assert.equal(playback.at, 2100);
  playback.step();
  assert.deepEqual([playback.kind, playback.at], ["over", 2500]);
  playback.toggle();
  assert.deepEqual([playback.kind, playback.at], ["playing", 0]);
});

test("another run begins at its beginning and plays, even behind one that was paused", () => {
  const playback = new Playback(10);
  playback.learn(5000, true);
  playback.seek(4000);
  playback.toggle();
  playback.restart();
  assert.deepEqual([playback.kind, playback.at], ["waiting", 0]);
  playback.learn(1000, true);
  assert.equal(playback.kind, "playing");
  playback.seek(9000);
  assert.equal(playback.at, 1000);
});
