// Every transport in every browser: subscribe, publish, resume after a cut, resume after a restart,
// fallback, healing. Messages are numbered, and flow all the time.
import type { Transport } from "@freshet/client";
import { gather } from "../support/crowd.ts";
import { expect, test } from "../support/fixtures.ts";
import type { Barrier, Route } from "../support/line.ts";

interface Case {
  readonly transport: Transport;
  readonly route: Route;
  /** What takes over when this one is barred. */
  readonly fallback: Transport;
  /** How proxies that bar it are known to do it. */
  readonly barrier: Barrier;
}

const cases: readonly Case[] = [
  { transport: "websocket", route: "websocket", fallback: "sse", barrier: 403 },
  { transport: "sse", route: "sse", fallback: "long-polling", barrier: "swallow" },
  // Both kinds of polling use one path, so that neither can stand in for the other here.
  { transport: "long-polling", route: "poll", fallback: "websocket", barrier: 404 },
  { transport: "polling", route: "poll", fallback: "sse", barrier: "break" },
];

// Long enough for a busy machine, short enough that a barred transport is given up soon.
const impatience = { hedgeAfter: 500, connectTimeout: 1500, reprobeAfter: 500 };

for (const { transport, route, fallback, barrier } of cases) {
  test.describe(transport, () => {
    const alone = { transports: [transport] };
    const both = { transports: [transport, fallback], ...impatience };

    test("what was published before and after subscribing arrives once and in order", async ({
      subject,
      publisher,
    }) => {
      publisher.begin();
      await publisher.more(10);
      await subject.start(alone);
      await subject.untilLive(transport);
      await publisher.more(30);
      await subject.expectPromiseKept();
    });

    test("what the page publishes is acknowledged with the id under which it comes back", async ({
      subject,
      publisher,
    }) => {
      await subject.start(alone);
      // Some before it is live: they wait in the queue.
      const ids = await Promise.all(
        Array.from({ length: 5 }, (_, index) => subject.publish(index + 1)),
      );
      await subject.untilLive(transport);
      for (let n = 6; n <= 15; n++) ids.push(await subject.publish(n));
      publisher.acknowledged.push(...ids.map((_, index) => index + 1));
      await subject.expectPromiseKept();
      const entries = await subject.entries();
      expect(entries.flatMap((entry) => (entry.kind === "message" ? [entry.id] : []))).toEqual(ids);
    });

    test("after a cut it resumes behind the last message", async ({ subject, publisher, line }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      await publisher.more(10);
      line.cut();
      await subject.until("waiting");
      await publisher.more(10);
      line.mend();
      await subject.untilLive(transport);
      await publisher.more(10);
      await subject.expectPromiseKept();
    });

    test("after a restart of the server it resumes and the gap is told", async ({
      subject,
      publisher,
      server,
    }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      await publisher.more(10);
      await server.kill();
      await subject.until("waiting");
      await server.restart();
      await publisher.more(10);
      await subject.untilLive(transport);
      await publisher.more(10);
      await subject.expectPromiseKept(["epoch"]);
    });

    test("where it is barred the next transport takes its place", async ({
      subject,
      publisher,
      line,
    }) => {
      line.bar(route, barrier);
      publisher.begin();
      await publisher.more(5);
      await subject.start(both);
      await subject.untilLive(fallback);
      await publisher.more(10);
      await subject.expectPromiseKept();
      expect(line.count(route)).toBeGreaterThan(0);
    });

    test("barred while it runs it is left, and healed back when it works again", async ({
      subject,
      publisher,
      line,
    }) => {
      await subject.startFromNow(both, transport);
      publisher.begin();
      await publisher.more(5);
      line.bar(route, barrier);
      await subject.untilLive(fallback);
      await publisher.more(5);
      line.unbar(route);
      await subject.untilLive(transport);
      await publisher.more(5);
      await subject.expectPromiseKept();
    });
  });
}

test.describe("a server that lets in one a second", () => {
  test.use({ serverFlags: { "admission-rate": "1", "admission-burst": "2" } });

  for (const { transport, route } of cases) {
    test(`${transport}: refused in a form that browsers can read, clients come once more, at their slots`, async ({
      subject: { page },
      line,
    }) => {
      await gather(page, Array<Transport>(4).fill(transport));
      const delays = await page.evaluate(() => window.subject.delays());
      expect(delays.map(({ length }) => length).sort()).toEqual([0, 0, 1, 1]);
      if (route !== "poll") expect(line.count(route)).toBe(6);
    });
  }
});
