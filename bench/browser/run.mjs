// Runs the page of page.mjs in Chromium and prints what it measured, a line each: case, system, messages per
// second, separated by tabs. Run by `./dev bench browser`, with the folder of npm packages, that of our
// package and the number of rounds.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptConnections } from "./feeder.mjs";

const [, , modules, ours, rounds] = process.argv;
const run_max_ms = 300_000;

const here = new URL(".", import.meta.url).pathname;
const javascript = "text/javascript";
const files = {
  "/": ["text/html", "<!doctype html><title>bench</title><script src=/centrifuge.js></script><script type=module src=/page.mjs></script>"],
  "/page.mjs": [javascript, readFileSync(join(here, "page.mjs"))],
  "/protocols.mjs": [javascript, readFileSync(join(here, "protocols.mjs"))],
  "/freshet.js": [javascript, readFileSync(join(ours, "dist/index.js"))],
  "/centrifuge.js": [javascript, readFileSync(join(modules, "centrifuge/dist/centrifuge.js"))],
};

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (request.method === "POST" && url.pathname === "/result") return takeResult(request, response);
  if (request.method === "POST" && url.pathname === "/feed") {
    feed(url.searchParams.get("system"), Number(url.searchParams.get("count")));
    return response.end();
  }
  const [type, body] = files[url.pathname] ?? [];
  if (!body) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": type }).end(body);
});
const feed = acceptConnections(server, modules);

async function takeResult(request, response) {
  let text = "";
  for await (const piece of request) text += piece;
  response.end();
  const result = JSON.parse(text);
  for (const { load, system, rate } of result.rates ?? []) console.log(`${load}\t${system}\t${rate}`);
  if (result.failure) console.error(result.failure);
  finish(result.failure ? 1 : 0);
}

const profile = mkdtempSync(join(tmpdir(), "freshet-bench-chromium-"));
let chromium;

function finish(code) {
  chromium?.once("exit", () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
    process.exit(code);
  });
  chromium?.kill();
}

server.listen(0, "127.0.0.1", () => {
  const address = `http://127.0.0.1:${server.address().port}/?rounds=${rounds}`;
  chromium = spawn(
    "chromium",
    ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", `--user-data-dir=${profile}`, address],
    { stdio: "ignore" },
  );
  setTimeout(() => {
    console.error("the page did not finish");
    finish(1);
  }, run_max_ms).unref();
});
