// Builds npm/dist from src/ and the WebAssembly module, and prints the sizes. The module is taken
// from build/wasm/freshet.wasm, or from where FRESHET_WASM says.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import esbuild from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = `${here}npm/dist`;
const wasm = process.env.FRESHET_WASM ?? `${here}../build/wasm/freshet.wasm`;

const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  sourcemap: true,
  target: "es2022",
  legalComments: "none",
  alias: { "freshet.wasm": wasm },
  loader: { ".wasm": "binary" },
  logLevel: "warning",
};

function buildJavaScript() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const bundle = (entry, file, format) =>
    esbuild.buildSync({ ...options, entryPoints: [`src/${entry}.ts`], outfile: `${dist}/${file}`, format });
  bundle("index", "index.js", "esm");
  bundle("index", "index.cjs", "cjs");
  bundle("lean", "lean.js", "esm");
  copyFileSync(wasm, `${dist}/freshet.wasm`);
  copyFileSync(`${here}../LICENSE`, `${dist}/LICENSE`);
}

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
  line("@freshet/client, wasm inlined", "index.js");
}

buildJavaScript();
buildTypes();
printSizes();
