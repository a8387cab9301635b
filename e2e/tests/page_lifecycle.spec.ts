// A page that is hidden, frozen, or kept for "back" while another is shown; each return is jittered.
// In Chromium as a user has it (support/plain_chromium.ts).
import type { BrowserContext, Page } from "@playwright/test";
import type { Transport } from "@freshet/client";
import { expectOwnMoments, gather } from "../support/crowd.ts";
import { expect, test } from "../support/plain_chromium.ts";

const transports: readonly Transport[] = ["websocket", "sse", "long-polling", "polling"];

// Hides the page behind another tab until the disposer is called.
async function hide(page: Page): Promise<() => Promise<void>> {
  const other = await page.context().newPage();
  await other.bringToFront();
  await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe("hidden");
  return async () => {
    await other.close();
    await page.bringToFront();
    await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe("visible");
  };
}

// Freezes the hidden page, as Chromium does with tabs that stay in the background.
async function freeze(context: BrowserContext, page: Page): Promise<() => Promise<void>> {
  const session = await context.newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  return async () => {
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await session.detach();
  };
}

// Goes to another page; the disposer goes back. True if the page was kept.
async function leave(page: Page, address: string): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    addEventListener("pageshow", ({ persisted }) => Object.assign(window, { persisted }));
  });
  await page.goto(`${address}/away.html`);
  return async () => {
    // A page that is shown again does not load.
    await page.goBack({ waitUntil: "commit" });
    const kept = () =>
      page.evaluate(() => (window as { persisted?: boolean }).persisted).catch(() => undefined);
    await expect.poll(kept).toBe(true);
    return true;
  };
}

for (const transport of transports) {
  test.describe(transport, () => {
    const alone = { transports: [transport] };

    test("hidden it stays live and misses nothing", async ({ subject, publisher }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      const show = await hide(subject.page);
      await publisher.more(20);
      await subject.untilCaughtUp();
      await show();
      await publisher.more(5);
      await subject.expectPromiseKept();
      const states = await subject.states();
      expect(states.map(({ kind }) => kind)).toEqual(["idle", "connecting", "live"]);
    });

    test("frozen it lets go of its line, and resumes when it thaws", async ({
      subject,
      publisher,
      line,
      context,
    }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      const show = await hide(subject.page);
      const thaw = await freeze(context, subject.page);
      await publisher.more(5);
      const asked = line.seen.length;
      await publisher.more(20);
      expect(line.seen.length).toBe(asked);
      await thaw();
      await show();
      await subject.untilLive(transport);
      await publisher.more(5);
      await subject.expectPromiseKept();
      const reasons = (await subject.states()).flatMap((state) =>
        state.kind === "waiting" ? [state.reason] : [],
      );
      expect(reasons).toContain("the page is suspended");
    });

    test("left and come back to, it is the same page, and resumes", async ({
      subject,
      publisher,
      line,
    }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      await publisher.more(5);
      const back = await leave(subject.page, line.url);
      await publisher.more(20);
      await back();
      await subject.untilLive(transport);
      await publisher.more(5);
      await subject.expectPromiseKept();
    });

    test("a client that was closed stays so through all of it", async ({
      subject,
      line,
      context,
    }) => {
      const { page } = subject;
      await subject.start(alone);
      await subject.untilLive(transport);
      await subject.close();
      await subject.until("closed");
      const asked = line.seen.length;
      const show = await hide(page);
      const thaw = await freeze(context, page);
      await thaw();
      await show();
      const back = await leave(page, line.url);
      await back();
      expect((await subject.state()).kind).toBe("closed");
      expect(line.seen.length).toBe(asked);
    });
  });
}

test.describe("a site with a window of five minutes", () => {
  test.use({ serverFlags: { "window-min": "300s" } });

  const returns: Record<
    string,
    (context: BrowserContext, page: Page, url: string) => Promise<void>
  > = {
    async thawed(context, page) {
      const show = await hide(page);
      const thaw = await freeze(context, page);
      await thaw();
      await show();
    },
    async "come back to"(_context, page, url) {
      const back = await leave(page, url);
      await back();
    },
  };
  for (const [name, comeBack] of Object.entries(returns)) {
    test(`clients of a page that was ${name} return within two seconds, each at its own moment`, async ({
      subject: { page },
      line,
      context,
    }) => {
      await gather(page);
      await comeBack(context, page, line.url);
      await expectOwnMoments(page);
    });
  }

  for (const transport of transports) {
    test(`${transport}: shown while it waits for a window of five minutes it returns within two seconds`, async ({
      subject,
      publisher,
      line,
    }) => {
      await subject.startFromNow({ transports: [transport] }, transport);
      const show = await hide(subject.page);
      publisher.begin();
      line.cut();
      await subject.until("waiting");
      line.mend();
      await publisher.more(5);
      await show();
      await subject.untilLive(transport);
      await subject.expectPromiseKept();
    });
  }
});
