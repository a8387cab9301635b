import assert from "node:assert/strict";
import { test } from "node:test";
import { parse_notice } from "./notice.ts";

test("dpkg's lines are told in words", () => {
  assert.deepEqual(parse_notice("2026-11-24 03:59:54 status installed libgtk-3-0:amd64 3.24.38-2"), {
    title: "libgtk-3-0 is installed",
    detail: "3.24.38-2",
    level: "success",
  });
  assert.deepEqual(parse_notice("2026-11-24 03:59:54 upgrade curl:amd64 7.87-1 7.88-10"), {
    title: "curl is being upgraded",
    detail: "7.87-1 → 7.88-10",
    level: "information",
  });
  assert.equal(parse_notice("2026-11-24 03:59:54 configure man-db:amd64 2.11 <none>").detail, "2.11");
});

test("any other line stands for itself, without the time it repeats", () => {
  assert.deepEqual(parse_notice("2026-11-24 03:59:53 startup archives unpack"), {
    title: "startup archives unpack",
    detail: "",
    level: "information",
  });
  assert.equal(
    parse_notice("Nov  4 03:59:53 gauge sshd[7]: Connection closed").title,
    "gauge sshd[7]: Connection closed",
  );
  assert.equal(parse_notice("").title, "(an empty line)");
});

test("the level follows from the words", () => {
  assert.equal(parse_notice("kernel: I/O error on sda").level, "error");
  assert.equal(parse_notice("nginx: upstream timed out").level, "warning");
  assert.equal(parse_notice("a terrible day").level, "information");
});

test("an object's text is a notice, anything else is refused", () => {
  assert.equal(parse_notice({ text: "hello" }).title, "hello");
  assert.equal(parse_notice({ line: "hello" }).title, "hello");
  for (const data of [null, 7, {}, { text: 7 }]) assert.throws(() => parse_notice(data), TypeError);
});
