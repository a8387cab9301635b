import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figures } from "./model.ts";
import { Recording } from "./recording.ts";
import type { Piece, Progress } from "./run.ts";

const settings = { clients: 10, down: 100, rate: 50, burst: 5, cold: false, tickets: true };
const figures: Figures = {
  ...{ clients: 10, recovered: 10, gaveUp: 0, ideal: 300 },
  ...{ half: 250, most: 390, all: 390, peak: 8, triesMean: 2.1 },
};
const piece = (from: number, arrivals: number[], recovered: number[]): Piece => ({
  ...{ from, figures },
  slots: { arrivals: Uint32Array.from(arrivals), recovered: Uint32Array.from(recovered) },
});
const progress = (until: number, done: boolean, ...pieces: Piece[]): Progress => ({
  ...{ kind: "progress", run: 1, until, done, pieces },
});
const recording = (): Recording => new Recording({ run: 1, settings, policies: ["a", "b"] });

test("what was known at a moment is what had happened by then", () => {
  const seen = recording();
  seen.add(progress(200, false, piece(0, [5, 8, 1], [0, 2, 0]), piece(0, [1], [0])));
  seen.add(progress(500, true, piece(2, [4, 4], [3, 5]), piece(2, [], [])));
  assert.deepEqual(seen.arrivals(0, 500), [5, 8, 4, 4]);
  assert.deepEqual(seen.arrivals(0, 199), [5]);
  assert.deepEqual(seen.moment(0, 0), {
    ...{ half: NaN, most: NaN, all: NaN, peak: 0, triesMean: 0, back: 0 },
  });
  assert.deepEqual(seen.moment(0, 300), {
    ...{ half: 250, most: NaN, all: NaN, peak: 8, triesMean: 1.7, back: 5 },
  });
  assert.deepEqual(seen.moment(0, 500), {
    ...{ half: 250, most: 390, all: 390, peak: 8, triesMean: 2.1, back: 10 },
  });
});

test("who is back stays back, up to what has been computed and no further", () => {
  const seen = recording();
  seen.add(progress(500, false, piece(0, [9, 9, 9, 9, 9], [1, 1, 1, 1, 1]), piece(0, [9], [7])));
  assert.deepEqual(seen.back(1, 300), [7, 7, 7]);
  assert.deepEqual(seen.back(1, 900), [7, 7, 7, 7, 7]);
  assert.deepEqual(recording().back(1, 900), []);
});

test("a run that is done is as long as its longest curve", () => {
  const seen = recording();
  assert.equal(seen.ideal, undefined);
  seen.add(progress(500, false, piece(0, [9], [1]), piece(0, [9], [7])));
  assert.equal(seen.until, 500);
  assert.equal(seen.figures(0), undefined);
  seen.add(progress(1000, true, piece(5, [], []), piece(1, [1, 1, 1, 1, 1, 1], [1, 0, 0, 0, 0, 1])));
  assert.equal(seen.until, 700);
  assert.equal(seen.ideal, 300);
  assert.equal(seen.figures(1), figures);
});

test("a silence between two pieces counts as one", () => {
  const seen = recording();
  seen.add(progress(500, false, piece(0, [9, 1], [1, 2]), piece(0, [9], [7])));
  seen.add(progress(1000, false, piece(5, [], []), piece(1, [], [])));
  seen.add(progress(1500, true, piece(10, [4], [3]), piece(1, [], [])));
  assert.deepEqual(seen.arrivals(0, 1500), [9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4]);
  assert.deepEqual(seen.back(0, 1500).slice(-3), [3, 3, 6]);
  assert.equal(seen.moment(0, 1500).triesMean, 1.4);
});
