// Reading message frames in JavaScript: the same as tests/unit/wire/frame_test.cpp holds for wire.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FreshetError } from "../src/error.js";
import { messageFrom, readMessage } from "../src/core.js";

const plain = '{"id":1027,"topic":"prices.AAPL","time":1790000000123,"data":{"bid":187.2}}';

test("a message frame gives its topic, id, time and data", () => {
  assert.deepEqual(readMessage(plain), ["prices.AAPL", 1027, 1790000000123, '{"bid":187.2}']);
});

test("members that are not known may stand before data", () => {
  const frame = '{"id":0,"topic":"$sys.a-b_c","time":0,"sender":"ä \\",\\"data\\":","hops":2,"data":[1]}';
  assert.deepEqual(readMessage(frame), ["$sys.a-b_c", 0, 0, "[1]"]);
});

test("no beginning of a head is a head", () => {
  const head = plain.indexOf('{"bid"');
  for (let at = 0; at < head; at++) assert.equal(readMessage(plain.slice(0, at))[0], "", plain.slice(0, at));
});

test("a head that is not in its form has no topic", () => {
  for (const frame of [
    "",
    "[]",
    ` ${plain}`,
    plain.replace("1027", "01027"),
    plain.replace("1027", "-1"),
    plain.replace("1027", "1e3"),
    plain.replace("1027", '"1027"'),
    plain.replace("1027", "9007199254740992"),
    plain.replace("1790000000123", "9007199254740992"),
    plain.replace("1790000000123", "1790000000123 "),
    plain.replace("prices.AAPL", ""),
    plain.replace("prices.AAPL", "prices AAPL"),
    plain.replace("prices.AAPL", "prïces"),
    plain.replace("prices.AAPL", "a".repeat(256)),
    plain.replace('"time":1790000000123,', ""),
    '{"topic":"a","id":1,"time":2,"data":3}',
    '{"id":1,"topic":"a","time":2}',
  ]) {
    assert.equal(readMessage(frame)[0], "", frame);
  }
});

test("a head ends within 352 bytes", () => {
  const frame = (bytes: number): string => {
    const known = '{"id":1,"topic":"a","time":2,"x":"","data":'.length;
    return `{"id":1,"topic":"a","time":2,"x":"${"x".repeat(bytes - known)}","data":3}`;
  };
  assert.equal(readMessage(frame(352))[0], "a");
  assert.equal(readMessage(frame(353))[0], "");
});

for (const [length, text] of [["short", "x"], ["long", "x".repeat(1000)]] as const) {
  test(`a message with a ${length} text has its data as a member of its own, read once`, () => {
    const message = messageFrom("a", 7, 8, `{"text":"${text}"}`);
    const plain = { topic: "a", id: 7, time: 8, data: { text } };
    assert.equal(message.data, message.data);
    for (const copy of [message, { ...message }, structuredClone(message), JSON.parse(JSON.stringify(message))]) {
      assert.deepEqual(copy, plain);
    }
    // As Vue wraps what is put into its state.
    assert.deepEqual(new Proxy(messageFrom("a", 7, 8, `"${text}"`), {}).data, text);
  });

  test(`a ${length} text that is not JSON throws when its data is asked for`, () => {
    const message = messageFrom("a", 7, 8, `{"text":"${text}`);
    assert.equal(message.id, 7);
    for (let time = 0; time < 2; time++) {
      assert.throws(() => message.data, (error) => error instanceof FreshetError && error.code === "invalid_json");
    }
  });
}

// What crosses as a number is a place in a list that both sides have.
test("ops, error codes and members are listed in the core's order", () => {
  const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  const listed = (source: string, list: string) => {
    const body = new RegExp(`${list}[^{}]*\\{([^}]*)\\}`).exec(read(`../sdk/wire/${source}`))![1]!;
    return [...body.matchAll(/"([^"]*)"/g)].map(([, name]) => name);
  };
  const lists = [...read("src/core.ts").matchAll(/"([\w,]+)"\.split\(\s*","/g)].map(([, all]) => all!.split(","));
  assert.equal(lists.length, 3);
  const fields = listed("control.cpp", "field_names =").slice(0, lists[2]!.length);
  fields[17] = ""; // `code` where it is a number, which is read with the other.
  assert.deepEqual(lists, [listed("result.cpp", "error_code_names ="), listed("control.cpp", "op_names\\[\\] ="), fields]);
});
