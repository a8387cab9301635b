// The judge is judged first: a check that finds nothing proves nothing.
import { expect, test } from "@playwright/test";
import type { Entry } from "../page/record.ts";
import { complaints } from "./evidence.ts";

const message = (n: number, id = n): Entry => ({ kind: "message", n, id });
const epoch: Entry = { kind: "gap", reason: "epoch" };
const published = { acknowledged: [1, 2, 3, 4], unsure: [5] };

test("all in order, with and without what is unsure, is no complaint", () => {
  expect(
    complaints(
      [1, 2, 3, 4].map((n) => message(n)),
      published,
    ),
  ).toEqual([]);
  expect(
    complaints(
      [1, 2, 3, 4, 5].map((n) => message(n)),
      published,
    ),
  ).toEqual([]);
});

test("a loss is found unless a gap was told in its very place", () => {
  const lost = ["2 is missing and no gap was told"];
  expect(complaints([message(1), message(3), message(4)], published)).toEqual(lost);
  expect(complaints([message(1), epoch, message(3), message(4)], published)).toEqual([]);
  expect(complaints([message(1), message(3), epoch, message(4)], published)).toEqual(lost);
  expect(complaints([epoch, message(1), message(3), message(4)], published)).toEqual(lost);
  expect(complaints([message(1), message(2), message(3)], published)).toEqual([
    "4 is missing and no gap was told",
  ]);
});

test("what comes twice, out of order or from nowhere is found", () => {
  const whole = [message(1), message(2), message(3), message(4)];
  expect(complaints([...whole, message(4, 9)], published)).toEqual(["4 came twice"]);
  expect(complaints([...whole, message(7)], published)).toEqual(["7 was never published"]);
  expect(complaints([message(1), message(3, 2), message(2, 3), message(4)], published)).toEqual([
    "2 came behind 3",
  ]);
});

test("ids rise, and begin anew only with an epoch", () => {
  const again = [message(1, 7), message(2, 8), message(3, 1), message(4, 2)];
  expect(complaints(again, published)).toEqual(["id 1 came behind id 8"]);
  expect(complaints(again.toSpliced(2, 0, epoch), published)).toEqual([]);
});

test("a subscription that ended is no silence", () => {
  const entries: Entry[] = [1, 2, 3, 4].map((n) => message(n));
  expect(complaints([...entries, { kind: "error", code: "forbidden" }], published)).toEqual([
    "the subscription ended with forbidden",
  ]);
});
