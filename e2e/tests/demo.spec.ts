// The demo pages as `freshet serve --demo` gives them, on a phone and on a desktop.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type Page, test as base } from "@playwright/test";
import type { Transport } from "@freshet/client";
import { pages } from "../../web/pages.ts";
import { demoPages, Server } from "../support/server.ts";

const test = base.extend<{ server: Server; errors: string[] }>({
  server: async ({}, use) => {
    const server = await Server.start(demoPages);
    await use(server);
    await server.kill();
  },
  // What the page's console says of errors; none is expected.
  errors: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await use(errors);
    expect(errors).toEqual([]);
  },
});

const screens = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 800 },
};
const transports: readonly Transport[] = ["sse", "long-polling", "polling", "websocket"];

async function publish(server: Server, topic: string, data: unknown): Promise<void> {
  const body = JSON.stringify(data);
  const answer = await fetch(`${server.url}/v1/topics/${topic}`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

const expectLive = (page: Page): Promise<void> =>
  expect(page.locator("#state-pill")).toHaveAttribute("data-kind", "live");

const expectRun = (page: Page, kind: string): Promise<void> =>
  expect(page.locator("#herd-state")).toHaveAttribute("data-kind", kind, { timeout: 25_000 });

for (const [screen, viewport] of Object.entries(screens)) {
  test.describe(`on a ${screen}`, () => {
    test.use({ viewport });

    for (const { name, title } of pages) {
      test(`${name} becomes live, fits, and can be used from the keyboard`, async ({
        page,
        server,
        errors: _,
      }) => {
        await page.goto(`${server.url}/${name}.html`);
        await expect(page).toHaveTitle(title);
        await expectLive(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          viewport.width,
        );
        // From the top, every link and button is met by Tab alone.
        const wanted = await page.evaluate(() => {
          (document.activeElement as HTMLElement).blur();
          const all = [...document.querySelectorAll<HTMLElement>("a, button, textarea")];
          const open = all.filter(
            (one) =>
              one.tabIndex >= 0 && !one.matches(":disabled") && one.getClientRects().length > 0,
          );
          const met = new Set<EventTarget>();
          document.addEventListener("focusin", ({ target }) => met.add(target!));
          Object.assign(window, { unmet: () => open.filter((one) => !met.has(one)).length });
          return open.length;
        });
        expect(wanted).toBeGreaterThan(4);
        const unmet = () => page.evaluate(() => (window as unknown as { unmet(): number }).unmet());
        for (let press = 0; press < wanted + 20 && (await unmet()) > 0; press++) {
          await page.keyboard.press("Tab");
        }
        expect(await unmet()).toBe(0);
      });
    }

    test("the ticker changes its transport while prices flow, and comes back from a cut", async ({
      page,
      server,
      errors: _,
    }) => {
      let published = 0;
      const price = (): Promise<void> =>
        publish(server, "prices.IBM", { symbol: "IBM", date: "Jan 1 2000", price: ++published });
      const arrived = page.locator("#count-messages");
      await price();
      await page.goto(`${server.url}/ticker.html?transport=websocket`);
      await expectLive(page);
      for (const transport of transports) {
        await page.locator(`#transport-switch [data-choice="${transport}"]`).click();
        await expect(page.locator("#state-pill")).toHaveAttribute("data-transport", transport);
        await price();
        await expect(arrived).toHaveText(String(published));
      }
      await page.locator("#cut").click();
      await expect(page.locator("#state-pill")).not.toHaveAttribute("data-kind", "live");
      await price();
      await page.locator("#cut").click();
      await expectLive(page);
      await expect(arrived).toHaveText(String(published));
      await expect(page.locator("#count-gaps")).toHaveText("0");
      await expect(page.locator("#quote-price")).toContainText(String(published));
    });

    test("the herd lab runs to its end, compares, and begins anew with another outage", async ({
      page,
      server,
      errors: _,
    }) => {
      await page.goto(`${server.url}/herd.html?speed=max`);
      const cell = (policy: string, column: number) =>
        page.locator(`#figures [data-policy="${policy}"] td`).nth(column);
      const choice = (policy: string) => page.locator(`.herd-policies input[value="${policy}"]`);
      await expectRun(page, "over");
      // 100,000 clients, 10 s, 2,000 a second: the figures of `freshet herd`.
      await expect(cell("windowed", 3)).toHaveText("447");
      await expect(cell("eventsource", 3)).toHaveText("100,000");
      await expect(page.locator("#herd-note")).toContainText("Freshet has 99\u00a0% back after 59.5\u00a0s");
      await choice("socket.io").uncheck();
      await expect(page.locator('#figures [data-policy="socket.io"]')).toHaveCount(0);
      await choice("phoenix").check();
      await expect(cell("phoenix", 3)).toHaveText("131,337");
      await page.locator("#down").fill("0");
      await expect(cell("windowed", 3)).toHaveText("230");
      await expect(cell("windowed", 4)).toHaveText("1.0");
      await expect(page.locator("#strips canvas")).toHaveCount(4);
      await expect(page.locator("#back-chart canvas")).toHaveCount(1);
      await expectRun(page, "over");
      await page.locator("#tickets").uncheck();
      await expect(page).toHaveURL(/\?down=0&tickets=off&with=phoenix,centrifuge,eventsource&speed=max$/);
    });

    test("the herd lab plays at a speed, pauses, steps, and goes where it is sent, by keys alone", async ({
      page,
      server,
      errors: _,
    }) => {
      const link = "herd.html?clients=1000&down=2&rate=500&with=phoenix&speed=10";
      await page.goto(`${server.url}/${link}`);
      const figures = page.locator('#figures [data-policy="windowed"] td');
      await expect(page.locator("#clients-words")).toHaveText("1,000");
      await expect(page.locator("#down-words")).toHaveText("2 s");
      await expectRun(page, "playing");
      await page.locator("#play").press("Enter");
      await expectRun(page, "paused");
      const seek = page.locator("#seek");
      await seek.press("Home");
      await expect(page.locator("#herd-state")).toHaveText("paused, 0.0 s after the loss");
      await expect(figures.nth(1)).toHaveText("not yet");
      await page.locator("#step").press("Enter");
      await expect(page.locator("#herd-state")).toHaveText("paused, 1.0 s after the loss");
      await expect(page.locator("#herd-said")).toHaveText("paused 1.0 s after the loss");
      await seek.press("ArrowRight");
      await expect(page.locator("#herd-state")).toHaveText("paused, 1.1 s after the loss");
      await page.locator("#speed-10").press("ArrowRight");
      await page.locator("#speed-100").press("ArrowRight");
      await expect(page.locator("#speed-max")).toBeChecked();
      await page.locator("#play").press("Enter");
      await expectRun(page, "over");
      await expect(figures.nth(1)).not.toHaveText("not yet");
      await expect(page.locator("#herd-said")).toContainText("Freshet has 99");
      // A proposal is a link to this page, and its settings are taken without loading it.
      await page.locator("#proposals a").nth(1).press("Enter");
      await expect(page.locator("#clients-words")).toHaveText("100,000");
      await expect(page).toHaveURL(`${server.url}/herd.html?down=0&speed=max`);
      await expectRun(page, "over");
    });

    test("the herd lab says so when its model is missing, or its server cannot be killed", async ({
      page,
      server,
    }) => {
      await page.route("**/herd-*.wasm", (route) => route.fulfill({ status: 404 }));
      await page.goto(`${server.url}/herd.html`);
      await expect(page.locator("#herd-fault")).toHaveText(
        "The model could not be loaded (the server answered 404). Load the page again to try once more.",
      );
      await expect(page.locator("#real-state")).toContainText("cannot be killed from here");
      await expect(page.locator("#kill")).toBeDisabled();
    });

    test("the herd lab kills its server under real clients, and draws how they come back", async ({
      page,
    }) => {
      const flags = { clients: "40", rate: "100", down: "500ms", ping: "500ms" };
      const demo = await Server.startDemo(flags);
      try {
        await page.goto(`${demo.url}/herd.html`);
        await page.locator("#kill").click();
        await expect(page.locator("#kill")).toBeDisabled();
        await expect(page.locator("#real-state")).toHaveText("40 of 40 are back", {
          timeout: 25_000,
        });
        await expect(page.locator("#real-note")).toContainText(
          "Lost without a gap: 0; delivered twice: 0.",
        );
        await expect(page.locator("#real-chart canvas")).toHaveCount(1);
        await expect(page.locator("#kill")).toBeEnabled();
        await expectLive(page);
      } finally {
        await demo.kill();
      }
    });

    test("what is said in one chat tab appears once in both", async ({
      page,
      context,
      server,
      errors: _,
    }) => {
      const other = await context.newPage();
      for (const tab of [page, other]) {
        await tab.goto(`${server.url}/chat.html`);
        await expectLive(tab);
      }
      for (const [tab, text] of [
        [page, "The water is rising <b>fast</b> 🌊"],
        [other, "It is here too"],
      ] as const) {
        await tab.locator("#text").fill(text);
        await tab.locator("#text").press("Enter");
      }
      for (const tab of [page, other]) {
        await expect(tab.locator("#lines .said-text")).toHaveCount(2);
        await expect(tab.locator("#outbox .said")).toHaveCount(0);
      }
      const said = await page.locator("#lines .said-text").allTextContents();
      expect(said.toSorted()).toEqual(["It is here too", "The water is rising <b>fast</b> 🌊"]);
      expect(await other.locator("#lines .said-text").allTextContents()).toEqual(said);
    });

    test("a notification reaches the page, from the page and from outside", async ({
      page,
      server,
      errors: _,
    }) => {
      await page.goto(`${server.url}/notifications.html`);
      await expectLive(page);
      await page.locator("#ring-text").fill("from the page");
      await page.locator("#ring-text").press("Enter");
      await expect(
        page.locator("#notices .notice").filter({ hasText: "from the page" }),
      ).toHaveCount(1);
      await publish(server, "notifications.log", "from outside");
      await expect(
        page.locator("#notices .notice").filter({ hasText: "from outside" }),
      ).toHaveCount(1);
    });

    test("the overview's four channels are live at once, and get every price", async ({
      page,
      server,
      errors: _,
    }) => {
      await page.goto(`${server.url}/index.html`);
      await expect(page.locator('#channels [data-state][data-kind="live"]')).toHaveCount(4);
      for (let price = 1; price <= 3; price++) {
        await publish(server, "prices.IBM", { symbol: "IBM", date: "Jan 1 2000", price });
      }
      await expect(page.locator("#channels [data-arrived]")).toHaveText(["3", "3", "3", "3"]);
    });

    // What each application shows of one message, and how one is made.
    const applications = {
      ticker: {
        topic: "prices.IBM",
        data: (n: number) => ({ symbol: "IBM", date: "Jan 1 2000", price: n }),
        shown: (n: number) => `#quotes .price:has-text("${n}.00")`,
        empty: "No prices yet.",
      },
      chat: {
        topic: "chat.lobby",
        data: (n: number) => ({ name: "Isar", text: `line ${n}` }),
        shown: (n: number) => `#lines .said-text:text-is("line ${n}")`,
        empty: "Nobody has said anything yet.",
      },
      notifications: {
        topic: "notifications.log",
        data: (n: number) => `line ${n}`,
        shown: (n: number) => `#notices .notice-title:text-is("line ${n}")`,
        empty: "Nothing yet.",
      },
    };
    for (const [name, { topic, data, shown, empty }] of Object.entries(applications)) {
      test(`${name} has its history, changes its transport while it runs, and shows its latency`, async ({
        page,
        server,
        errors: _,
      }) => {
        await page.goto(`${server.url}/${name}.html?transport=websocket`);
        await expectLive(page);
        await expect(page.locator("#empty")).toContainText(empty);
        await publish(server, topic, data(1));
        await expect(page.locator(shown(1))).toBeVisible();
        await expect(page.locator("#empty")).toBeHidden();
        await page.reload();
        await expect(page.locator(shown(1))).toBeVisible();
        await expect(page.locator("#count-replayed")).toHaveText("1");
        let n = 1;
        for (const transport of transports) {
          await page.locator(`#transport-switch [data-choice="${transport}"]`).click();
          await expect(page.locator("#state-pill")).toHaveAttribute("data-transport", transport);
          await publish(server, topic, data(++n));
          await expect(page.locator(shown(n))).toBeVisible();
          const figures = page.locator(`#transport-switch [data-choice="${transport}"] [data-figures]`);
          await expect(figures).toHaveText(/ (ms|s)$/);
          await expect(page).toHaveURL(new RegExp(`transport=${transport}$`));
        }
        await expect(page.locator("#latency-chart canvas")).toHaveCount(1);
        await expect(page.locator("#gauge-note")).toContainText("None twice, none out of order.");
      });
    }

    test("a page says that it waits and for how long, what is wrong, and that it is back", async ({
      page,
      server,
    }) => {
      await page.goto(`${server.url}/chat.html?transport=polling`);
      await expectLive(page);
      await server.kill();
      await expect(page.locator("#state-words")).toHaveText(/^waiting, back in \d+\.\d s$/);
      await expect(page.locator("#hint")).toHaveText(
        "No connection: the server cannot be reached. The page goes on trying by itself.",
        { timeout: 25_000 },
      );
      await page.locator("#text").fill("while it was away");
      await page.locator("#text").press("Enter");
      await expect(page.locator("#outbox .said-note")).toHaveText("waits for the line");
      await server.restart();
      await expect(page.locator("#state-words")).toHaveText("live over polling");
      await expect(page.locator("#hint")).toBeHidden();
      await expect(page.locator("#lines .said-text")).toHaveText("while it was away");
      await expect(page.locator("#count-gaps")).toHaveText("1");
    });
  });
}

test("the feeds fill the applications by the command line: a real price series, and a log as it grows", async ({
  page,
  server,
  errors: _,
}) => {
  const folder = await mkdtemp(join(tmpdir(), "freshet-e2e-"));
  const log = join(folder, "some.log");
  await writeFile(log, "the first line\n");
  const script = fileURLToPath(new URL("../../web/feeds.sh", import.meta.url));
  const feeds = spawn(script, [server.url], {
    env: { ...process.env, FRESHET_DEMO_LOG: log },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    const history = `${server.url}/v1/topics/notifications.log/messages?limit=10`;
    await expect.poll(async () => (await fetch(history)).text()).toContain("the first line");
    await page.goto(`${server.url}/notifications.html`);
    const titles = page.locator("#notices .notice-title");
    await expect(titles).toHaveText(["the first line"]);
    await expect(page).toHaveTitle("Notifications · Freshet");
    await appendFile(log, "and another\n");
    await expect(titles).toHaveText(["and another", "the first line"]);
    await expect(page).toHaveTitle("(1) Notifications · Freshet");
    await page.goto(`${server.url}/ticker.html`);
    await expect(page.locator("#quotes .symbol")).toHaveText(["AAPL", "AMZN", "GOOG", "IBM", "MSFT"]);
    await expect(page.locator("#quote-change")).toHaveText(/ in \w+ 20\d\d$/);
    await page.goto(`${server.url}/chat.html`);
    await expect(page.locator("#lines .said-text")).toContainText(["Welcome to the lobby."]);
  } finally {
    const ended = once(feeds, "exit");
    feeds.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
});
