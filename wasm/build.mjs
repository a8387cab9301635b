// Builds npm/dist from src/ and the WebAssembly modules, and prints the sizes. The modules are taken
// from build/wasm, or from the folder that FRESHET_WASM says.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import esbuild from "esbuild";
import { minify } from "terser";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = `${here}npm/dist`;
const built = process.env.FRESHET_WASM ?? `${here}../build/wasm`;
const modules = ["freshet.wasm", "freshet-sse.wasm"];

const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  sourcemap: true,
  target: "es2022",
  legalComments: "none",
  alias: Object.fromEntries(modules.map((file) => [file, `${dist}/${file}`])),
  loader: { ".wasm": "binary" },
  logLevel: "warning",
  // What ends in an underscore is ours alone, and gets a short name.
  mangleProps: /[^_]_$/,
};

async function buildJavaScript() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const bundle = (entry, file, format, more) =>
    esbuild.buildSync({
      ...options,
      entryPoints: [`src/${entry}.ts`],
      outfile: `${dist}/${file}`,
      format,
      ...more,
    });
  // The names that the lean bundle has given to the modules' exports are everybody's.
  const { mangleCache } = bundle("lean", "lean.js", "esm", { mangleCache: {} });
  for (const file of modules) {
    writeFileSync(`${dist}/${file}`, renameExports(readFileSync(`${built}/${file}`), mangleCache));
  }
  bundle("index", "index.js", "esm", { mangleCache });
  bundle("index", "index.cjs", "cjs", { mangleCache });
  for (const file of ["lean.js", "index.js", "index.cjs"]) await shrink(file);
  copyFileSync(`${here}../LICENSE`, `${dist}/LICENSE`);
}

// Once more by Terser: how it names things makes brotli's result a twentieth smaller.
async function shrink(file) {
  const path = `${dist}/${file}`;
  const { code, map } = await minify(readFileSync(path, "utf8"), {
    ecma: 2022,
    module: file.endsWith(".js"),
    toplevel: true,
    sourceMap: { content: readFileSync(`${path}.map`, "utf8"), url: `${file}.map` },
  });
  writeFileSync(path, code);
  writeFileSync(`${path}.map`, map);
}

// The module with its exports as src/core.ts calls them once they are short, and without those that
// it does not call, which Emscripten adds to every module.
function renameExports(module, names) {
  const out = [module.subarray(0, 8)];
  for (let at = 8; at < module.length; ) {
    const begin = at;
    const id = module[at++];
    const [size, content] = number(module, at);
    at = content + size;
    out.push(id === 7 ? exportSection(module, content, names) : module.subarray(begin, at));
  }
  return Buffer.concat(out);
}

// The export section (WebAssembly 1.0 §5.5.10) whose content begins at `at`.
function exportSection(module, at, names) {
  let [count, next] = number(module, at);
  const kept = [];
  for (; count > 0; count--) {
    const [length, begin] = number(module, next);
    const kind = begin + length;
    [, next] = number(module, kind + 1);
    const name = names[`${module.toString("utf8", begin, kind)}_`];
    if (name) kept.push(Buffer.from([name.length]), Buffer.from(name), module.subarray(kind, next));
  }
  const content = Buffer.concat([Buffer.from(leb(kept.length / 3)), ...kept]);
  return Buffer.concat([Buffer.from([7, ...leb(content.length)]), content]);
}

// The number at `at` (LEB128), and where it ends.
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)]);

// Declarations of what the entries export, once for import and once for require.
function buildTypes() {
  execFileSync(process.execPath, [`${here}node_modules/typescript/bin/tsc`, "-p", `${here}tsconfig.types.json`], {
    stdio: "inherit",
  });
  const shown = /^(index|lean|api|error|topics|connect_inlined|connect_lean)\.d\.ts$/;
  for (const file of readdirSync(dist)) {
    if (!file.endsWith(".d.ts")) continue;
    if (!shown.test(file)) {
      rmSync(`${dist}/${file}`);
      continue;
    }
    const text = readFileSync(`${dist}/${file}`, "utf8");
    writeFileSync(`${dist}/${file.replace(/\.d\.ts$/, ".d.cts")}`, text.replace(/(["']\.\/\w+)\.js(["'])/g, "$1.cjs$2"));
  }
}

function printSizes() {
  const brotli = (file) =>
    brotliCompressSync(readFileSync(`${dist}/${file}`), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  const line = (name, ...files) => {
    const raw = files.reduce((sum, file) => sum + readFileSync(`${dist}/${file}`).length, 0);
    const packed = files.reduce((sum, file) => sum + brotli(file), 0);
    console.log(`${name.padEnd(34)}${String(raw).padStart(8)} bytes${String(packed).padStart(8)} with brotli`);
  };
  line("freshet.wasm", "freshet.wasm");
  line("lean.js", "lean.js");
  line("@freshet/client/lean, together", "freshet.wasm", "lean.js");
  line("freshet-sse.wasm, for SSE by fetch", "freshet-sse.wasm");
  line("@freshet/client, all inlined", "index.js");
}

await buildJavaScript();
buildTypes();
printSizes();
