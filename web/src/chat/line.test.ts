import assert from "node:assert/strict";
import { test } from "node:test";
import { continues, name_length_max, parse_line, text_length_max } from "./line.ts";

test("a line needs a text and gets a name", () => {
  assert.deepEqual(parse_line({ text: "hi" }), { name: "someone", text: "hi" });
  assert.deepEqual(parse_line("hi"), { name: "someone", text: "hi" });
  assert.deepEqual(parse_line({ text: "hi", name: "  Isar ", author: "a1", tag: "t1" }), {
    name: "Isar",
    text: "hi",
    author: "a1",
    tag: "t1",
  });
});

test("members of another type are left out, a line without a text is refused", () => {
  assert.deepEqual(parse_line({ text: "hi", name: 7, author: {}, tag: null }), {
    name: "someone",
    text: "hi",
  });
  for (const data of [null, 7, [], { text: 7 }]) assert.throws(() => parse_line(data), TypeError);
});

test("endless names and texts are cut", () => {
  const line = parse_line({ name: "x".repeat(999), text: "y".repeat(9999) });
  assert.equal(line.name.length, name_length_max);
  assert.equal(line.text.length, text_length_max);
});

test("a line continues the one before of the same author within three minutes", () => {
  const line = { name: "Isar", text: "", author: "a1" };
  assert.equal(continues(undefined, line, 0), false);
  assert.equal(continues({ line, time: 0 }, line, 60_000), true);
  assert.equal(continues({ line, time: 0 }, line, 200_000), false);
  assert.equal(continues({ line, time: 0 }, { ...line, author: "a2" }, 1), false);
});
