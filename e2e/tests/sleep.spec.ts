// Offline and back, sleep and wake, and an end that is meant: in every browser.
import type { Transport } from "@freshet/client";
import { expectOwnMoments, gather, untilGathered } from "../support/crowd.ts";
import { expect, test } from "../support/fixtures.ts";
import type { Route } from "../support/line.ts";
import { sleep } from "../support/sleep.ts";

const transports: readonly (readonly [Transport, Route])[] = [
  ["websocket", "websocket"],
  ["sse", "sse"],
  ["long-polling", "poll"],
  ["polling", "poll"],
];

for (const [transport, route] of transports) {
  const alone = { transports: [transport] };

  test.describe(transport, () => {
    test("offline it asks for nothing, and back online it resumes", async ({
      subject,
      publisher,
      line,
      context,
    }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      await publisher.more(5);
      await context.setOffline(true);
      await subject.until("waiting");
      expect(await subject.state()).toMatchObject({ reason: "the machine is offline" });
      const asked = line.count(route);
      await publisher.more(20);
      expect(line.count(route)).toBe(asked);
      await context.setOffline(false);
      await subject.untilLive(transport);
      await publisher.more(5);
      await subject.expectPromiseKept();
    });

    test("what waited out a sleep is heard before any timer: the line stays", async ({
      subject,
      publisher,
      line,
    }) => {
      await subject.start({ ...alone, longPollWait: 1000 });
      await subject.untilLive(transport);
      await publisher.publish(5);
      await subject.untilCaughtUp();
      const connected = line.count(route);
      // Longer than the 2.8 s after which a silent stream counts as dead.
      await sleep(3200, () => publisher.publish(20));
      await publisher.publish(5);
      await subject.expectPromiseKept();
      const states = await subject.states();
      expect(states.map(({ kind }) => kind)).toEqual(["idle", "connecting", "live"]);
      if (route !== "poll") expect(line.count(route)).toBe(connected);
    });

    test("an answer that arrives in a sleep is taken, however late the deadline", async ({
      subject,
      publisher,
      line,
    }) => {
      await publisher.publish(5);
      line.hold(route);
      await subject.start({ ...alone, connectTimeout: 1000 });
      await expect.poll(() => line.count(route)).toBe(1);
      await sleep(1500, () => line.release(route));
      await subject.untilLive(transport);
      await subject.expectPromiseKept();
      const states = await subject.states();
      expect(states.map(({ kind }) => kind)).toEqual(["idle", "connecting", "live"]);
    });

    test("a line that was cut in a sleep is resumed", async ({ subject, publisher, line }) => {
      await subject.startFromNow(alone, transport);
      publisher.begin();
      await publisher.more(5);
      await sleep(500, () => line.drop());
      await publisher.more(5);
      await publisher.stop();
      await subject.untilLive(transport);
      await subject.expectPromiseKept();
    });

    test("a client that was closed never comes back", async ({ subject, line, context }) => {
      await subject.start(alone);
      await subject.untilLive(transport);
      await subject.close();
      await subject.until("closed");
      const asked = line.count(route);
      await context.setOffline(true);
      await context.setOffline(false);
      line.drop();
      // Another client that is told of the same, and returns, shows that there was time enough.
      const closed = await subject.entries();
      await subject.start(alone);
      await subject.untilLive(transport);
      await context.setOffline(true);
      await subject.until("waiting");
      await context.setOffline(false);
      await subject.untilLive(transport);
      expect(closed.at(-1)).toMatchObject({ kind: "state", state: { kind: "closed" } });
      if (route !== "poll") expect(line.count(route)).toBe(asked + 2);
    });
  });
}

test.describe("a site with a window of five minutes", () => {
  test.use({ serverFlags: { "window-min": "300s" } });

  test("clients whose machine was offline return within two seconds, each at its own moment", async ({
    subject: { page },
    context,
  }) => {
    await gather(page);
    await context.setOffline(true);
    await untilGathered(page, 0);
    await context.setOffline(false);
    await expectOwnMoments(page);
  });

  // What no driver can make Firefox do with a page, it is told as Firefox tells it.
  test("clients of a page that is put away and shown again return within two seconds, each at its own moment", async ({
    subject: { page },
  }) => {
    await gather(page);
    const tell = (type: string) =>
      page.evaluate((name) => {
        dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
      }, type);
    await tell("pagehide");
    await untilGathered(page, 0);
    await tell("pageshow");
    await expectOwnMoments(page);
  });
});
