// Chromium as a user has it. Playwright's own tells every page that it is shown and focused, and
// keeps no page for "back"; here tabs really hide one another, freeze, and come back.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BrowserContext } from "@playwright/test";
import { chromiumArguments, chromiumProgram } from "./browsers.ts";
import { test as base } from "./fixtures.ts";

export { expect } from "./fixtures.ts";

export const test = base.extend<object, { plainContext: BrowserContext }>({
  plainContext: [
    async ({ playwright }, use) => {
      const profile = await mkdtemp(join(tmpdir(), "freshet-e2e-"));
      const child = spawn(
        chromiumProgram,
        [
          ...chromiumArguments,
          "--headless=new",
          "--remote-debugging-port=0",
          `--user-data-dir=${profile}`,
          "about:blank",
        ],
        { stdio: ["ignore", "ignore", "pipe"] },
      );
      let address: string | undefined;
      for await (const line of createInterface({ input: child.stderr })) {
        address = /ws:\/\/\S+/.exec(line)?.[0];
        if (address) break;
      }
      child.stderr.resume();
      const browser = await playwright.chromium.connectOverCDP(address!, { noDefaults: true });
      await use(browser.contexts()[0]!);
      const ended = once(child, "exit");
      const session = await browser.newBrowserCDPSession();
      await session.send("Browser.close").catch(() => {}); // It answers or is gone already.
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
    { scope: "worker" },
  ],
  context: async ({ plainContext }, use) => use(plainContext),
  page: async ({ plainContext }, use) => {
    const page = await plainContext.newPage();
    await use(page);
    await page.close();
  },
});
