// The steps of run.sh, one after the other; the first that fails ends it.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { chromium } from "playwright-core";
import * as vite from "vite";
import webpack from "webpack";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const out = join(root, "build/packaging");
const installed = join(here, "node_modules/@freshet/client");
const program = process.env.FRESHET_PROGRAM ?? join(root, "build/freshet");
const csp =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
  "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*; img-src data:";
// For what comes by itself: the longest it may take, in ms.
const patience = 15_000;
const undo = [];

function run(file, args, options = {}) {
  return execFileSync(file, args, { cwd: here, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options });
}

async function step(name, work) {
  const began = performance.now();
  process.stdout.write(`-- ${name}`);
  try {
    await work();
  } catch (error) {
    console.log(`: FAILED\n${error.stdout ?? ""}`);
    throw error;
  }
  console.log(`: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`expected '${expected}', but got '${actual}'`);
}

// Unpacked where an installation would put it.
function pack() {
  if (!existsSync(join(root, "wasm/npm/dist/index.js"))) throw new Error("no package: run ./dev build");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", join(root, "wasm/npm"), "--json", "--loglevel=error", "--pack-destination", out]),
  );
  const tarball = join(out, filename);
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  return tarball;
}

async function startServer(...more) {
  if (!existsSync(program)) throw new Error(`${program} is missing: run ./dev build`);
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--allow-origin", "*", "--log-level", "warn", ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  undo.push(() => child.kill());
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const url = /http:\/\/\S+/.exec(line)[0];
  const answer = await fetch(`${url}/v1/topics/pack.page`, { method: "POST", body: '{"text":"arrived"}' });
  if (!answer.ok) throw new Error(await answer.text());
  return url;
}

const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

// The built pages, each answer under the strict policy.
async function servePages() {
  const server = createServer((request, response) => {
    const file = join(out, new URL(request.url, "http://localhost").pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "content-security-policy": csp,
    });
    response.end(readFileSync(file));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  undo.push(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${server.address().port}`;
}

async function buildWithVite() {
  await vite.build({
    root: join(here, "fixtures"),
    base: "./",
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: { outDir: join(out, "vite"), emptyOutDir: true, chunkSizeWarningLimit: 1000 },
  });
}

async function serveWithVite() {
  const server = await vite.createServer({
    root: join(here, "fixtures"),
    configFile: false,
    logLevel: "error",
    cacheDir: join(out, "vite-cache"),
    optimizeDeps: { exclude: ["@freshet/client"] },
    server: { host: "127.0.0.1", port: 0, fs: { allow: [here] } },
  });
  await server.listen();
  undo.push(() => server.close());
  return server.resolvedUrls.local[0];
}

async function buildWithWebpack() {
  const compiler = webpack({
    mode: "production",
    context: join(here, "fixtures"),
    entry: "./page.js",
    output: { path: join(out, "webpack"), filename: "page.js" },
    performance: false,
  });
  const stats = await new Promise((resolve, reject) => compiler.run((error, done) => (error ? reject(error) : resolve(done))));
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
  copyFileSync(join(here, "fixtures/index.html"), join(out, "webpack/index.html"));
}

// esbuild leaves new URL(…, import.meta.url) as it is: worker and modules have to lie beside.
function buildWithEsbuild() {
  const outdir = join(out, "esbuild");
  const entryPoints = ["page", "worker"].map((name) => join(here, `fixtures/${name}.js`));
  esbuild.buildSync({ absWorkingDir: here, entryPoints, outdir, bundle: true, format: "esm", minify: true });
  for (const file of ["freshet.wasm", "freshet-sse.wasm"]) {
    copyFileSync(join(installed, "dist", file), join(outdir, file));
  }
  copyFileSync(join(here, "fixtures/index.html"), join(outdir, "index.html"));
}

async function checkPage(browser, address, server) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(`${address}?server=${encodeURIComponent(server)}`);
  try {
    await page.waitForFunction(() => document.title !== "loading", undefined, { timeout: patience });
  } catch (cause) {
    throw new Error(`the page received nothing; it says: ${errors.join("\n")}`, { cause });
  }
  equal(await page.title(), "arrived arrived arrived arrived arrived arrived arrived arrived-in-worker");
  equal(errors.join("\n"), "");
  await page.close();
}

// The readmes' examples, as a strict project without the DOM's types would compile them.
function compileReadmes() {
  const folder = join(here, "node_modules/.readme");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const examples = ["README.md", "wasm/npm/README.md"].flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)]
      .map(([, text]) => text)
      .filter((text) => text.includes('from "@freshet/client"')),
  );
  if (examples.length < 2) throw new Error("a readme has lost its example");
  examples.forEach((text, index) => writeFileSync(join(folder, `example${index}.mts`), text));
  writeFileSync(join(folder, "required.cts"), 'import { connect } from "@freshet/client";\nexport const client = connect("/");\n');
  const compilerOptions = {
    target: "ES2022", lib: ["ES2022", "ESNext.Disposable"], module: "NodeNext", types: ["node"],
    strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts", "*.cts"] }));
  run("node_modules/.bin/tsc", ["-p", folder]);
  return examples;
}

// Runs until it has printed the price that it or we have published.
async function runReadme(text, server, index) {
  const file = join(here, `node_modules/.readme/example${index}.mjs`);
  const { code } = esbuild.transformSync(text.replace("http://127.0.0.1:8080", server), { loader: "ts" });
  writeFileSync(file, code);
  await fetch(`${server}/v1/topics/prices.AAPL`, { method: "POST", body: '{"bid":187.2}' });
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const expired = setTimeout(() => child.kill(), 10_000);
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines.push(line) && line.startsWith("prices.")) break;
  }
  clearTimeout(expired);
  child.kill();
  equal(lines.at(-1), "prices.AAPL 187.2");
}

// Asks again at once: each answer takes its time, and the metric changes by itself.
async function untilSubscribed(server, transport) {
  const open = `freshet_subscribers{transport="${transport}"} 1\n`;
  const until = performance.now() + patience;
  while (!(await (await fetch(`${server}/metrics`)).text()).includes(open)) {
    if (performance.now() > until) throw new Error(`nobody subscribes over ${transport}`);
  }
}

const heard = (page, name) =>
  page.waitForEvent("console", {
    predicate: (message) => message.text().startsWith(`${name} `) && message.text().includes('"data":{"text":"hi"}'),
    timeout: patience,
  });

// The readme's page without an SDK, served by Freshet itself, so that it is of the same origin.
async function runBarePage(browser) {
  const [, text] = /<!-- test: page -->\n```js\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"));
  const folder = join(out, "bare");
  mkdirSync(folder, { recursive: true });
  const server = await startServer(`--demo=${folder}`);
  writeFileSync(join(folder, "page.js"), text.replace("127.0.0.1:8080", new URL(server).host));
  writeFileSync(join(folder, "index.html"), '<!doctype html><script src="page.js"></script>');
  const page = await browser.newPage();
  const bothHeard = Promise.all(["SSE", "WebSocket"].map((name) => heard(page, name)));
  await page.goto(server);
  for (const transport of ["sse", "websocket"]) await untilSubscribed(server, transport);
  await fetch(`${server}/v1/topics/chat.lobby`, { method: "POST", body: '{"text":"hi"}' });
  await bothHeard;
  await page.close();
}

async function main() {
  let tarball, server, pages, browser, examples;
  await step("pack and unpack", () => (tarball = pack()));
  await step("publint", () => run("node_modules/.bin/publint", ["--strict", "--pack=false", installed]));
  await step("are the types wrong?", () => run("node_modules/.bin/attw", [tarball, "--profile", "node16", "--exclude-entrypoints", "freshet.wasm", "freshet-sse.wasm"]));
  await step("compile the readmes' examples", () => (examples = compileReadmes()));
  await step("start the server", async () => (server = await startServer()));
  for (const [index, example] of examples.entries()) {
    await step(`run example ${index + 1}`, () => runReadme(example, server, index));
  }
  await step("Node, import", () => equal(run(process.execPath, ["fixtures/node.mjs", server]), "arrived\n".repeat(4)));
  await step("Node, require", () => equal(run(process.execPath, ["fixtures/node.cjs", server]), "arrived\n".repeat(4)));
  await step("build with Vite", buildWithVite);
  await step("build with webpack", buildWithWebpack);
  await step("build with esbuild", buildWithEsbuild);
  await step("start Chromium", async () => {
    pages = await servePages();
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"],
    });
    undo.push(() => browser.close());
  });
  await step("bare EventSource and WebSocket of the readme", () => runBarePage(browser));
  for (const bundler of ["vite", "webpack", "esbuild"]) {
    await step(`page and worker by ${bundler}, strict policy`, () => checkPage(browser, `${pages}/${bundler}/index.html`, server));
  }
  await step("page and worker by Vite's dev server", async () => checkPage(browser, await serveWithVite(), server));
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const each of undo.reverse()) await each();
}
