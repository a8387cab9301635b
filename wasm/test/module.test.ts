// The built files: what the module imports and exports, and the size of the lean entry.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const list = (name: string) =>
  readFileSync(path(name), "utf8")
    .split("\n")
    .filter((line) => /^[a-z]/.test(line));
const wasm = readFileSync(path("npm/dist/freshet.wasm"));
const module = new WebAssembly.Module(wasm);

test("the module imports nothing but what imports.txt lists", () => {
  const listed = list("imports.txt");
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    assert.ok(listed.includes(`${from}.${name}`), `${from}.${name}`);
  }
});

test("the module exports what exports.txt lists and its memory, by short names", () => {
  const exported = WebAssembly.Module.exports(module);
  assert.equal(exported.length, list("exports.txt").length + 1);
  for (const { name } of exported) assert.match(name, /^[\w$]{1,2}$/);
});

test("the lean entry, module and JavaScript, is within its budget", () => {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  const bytes =
    brotliCompressSync(wasm, quality).length +
    brotliCompressSync(readFileSync(path("npm/dist/lean.js")), quality).length;
  const max = Number(/^\d+/m.exec(readFileSync(path("size_max.txt"), "utf8"))![0]);
  assert.ok(bytes <= max, `${bytes} bytes with brotli, ${max} allowed`);
});
