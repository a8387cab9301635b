// The built files: what the modules import and export, and the size of the lean entry.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const read = (name: string) => readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)));
const list = (name: string) =>
  read(name)
    .toString()
    .split("\n")
    .filter((line) => /^[a-z]/.test(line));

for (const [file, imports, exports] of [
  ["freshet.wasm", list("imports.txt"), list("exports.txt")],
  ["freshet-sse.wasm", [], list("sse_exports.txt")],
] as const) {
  const module = new WebAssembly.Module(read(`npm/dist/${file}`));

  test(`${file} imports nothing but what is listed`, () => {
    const imported = WebAssembly.Module.imports(module).map(({ module: from, name }) => `${from}.${name}`);
    assert.deepEqual(imported, imports);
  });

  test(`${file} exports what is listed and its memory, by short names`, () => {
    const exported = WebAssembly.Module.exports(module);
    assert.equal(exported.length, exports.length + 1);
    for (const { name } of exported) assert.match(name, /^[\w$]{1,2}$/);
  });
}

test("what a page loads of the lean entry is within its budget", () => {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  const bytes = ["freshet.wasm", "lean.js"]
    .map((file) => brotliCompressSync(read(`npm/dist/${file}`), quality).length)
    .reduce((one, other) => one + other);
  const max = Number(/^\d+/m.exec(read("size_max.txt").toString())![0]);
  assert.ok(bytes <= max, `${bytes} bytes with brotli, ${max} allowed`);
});
