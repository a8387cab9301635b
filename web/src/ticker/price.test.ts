import assert from "node:assert/strict";
import { test } from "node:test";
import { parse_price, Series } from "./price.ts";
import { money, percent } from "./words.ts";

const day = (text: string): number => Date.parse(`${text} UTC`);

test("a row of the file is a price, with its number as number or as text", () => {
  const expected = { symbol: "IBM", price: 100.52, day: day("Jan 1 2000") };
  assert.deepEqual(parse_price({ symbol: "IBM", date: "Jan 1 2000", price: 100.52 }), expected);
  assert.deepEqual(parse_price({ symbol: "IBM", date: "Jan 1 2000", price: "100.52" }), expected);
});

test("what is no row is refused", () => {
  for (const data of [null, 7, "IBM", {}, { symbol: "IBM", date: "Jan 1 2000", price: "much" }]) {
    assert.throws(() => parse_price(data), TypeError);
  }
  assert.throws(() => parse_price({ symbol: "IBM", date: "never", price: 1 }), TypeError);
});

test("a day that is not later begins a new pass and keeps the one before", () => {
  const series = new Series("IBM");
  series.add({ symbol: "IBM", price: 10, day: day("Jan 1 2000") });
  series.add({ symbol: "IBM", price: 12, day: day("Feb 1 2000") });
  assert.equal(series.change, 12 / 10 - 1);
  series.add({ symbol: "IBM", price: 11, day: day("Jan 1 2000") });
  assert.deepEqual(series.previous.prices, [10, 12]);
  assert.deepEqual(series.current.prices, [11]);
  assert.equal(series.change, undefined);
  assert.deepEqual(series.newest(2), [12, 11]);
  assert.deepEqual(series.range, [10, 12]);
});

test("a change is written with its sign", () => {
  assert.equal(percent(0.034), "+3.4 %");
  assert.equal(percent(-0.012), "−1.2 %");
  assert.equal(percent(undefined), "–");
});

test("a price has its cents, unless it is very dear", () => {
  assert.equal(money(1234.5), "1,234.50");
  assert.equal(money(2_234_567.891), "2,234,568");
});
