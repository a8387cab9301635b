// What other clients of this kind got wrong, each as the case that showed it; the name in brackets
// is the report. What concerns sleep and pages is in sleep.spec.ts and page_lifecycle.spec.ts.
import type { Transport } from "@freshet/client";
import { expect, test } from "../support/fixtures.ts";
import type { Route } from "../support/line.ts";

const routes: readonly (readonly [Transport, Route])[] = [
  ["websocket", "websocket"],
  ["sse", "sse"],
  ["long-polling", "poll"],
  ["polling", "poll"],
];

for (const [transport, route] of routes) {
  test(`${transport}: refused again and again it tries ever less often [centrifuge-js#407]`, async ({
    subject,
    line,
  }) => {
    await subject.start({ transports: [transport] });
    await subject.untilLive(transport);
    // With a status: what is broken without an answer Firefox asks ten times by itself.
    line.bar(route, 500);
    const before = line.count(route);
    await expect.poll(() => tries(subject)).toBeGreaterThanOrEqual(5);
    await subject.until("waiting");
    // One request for each attempt that was told, none of EventSource's own; and, where a poll was
    // under way on a connection that had served before, its repeat by the browser.
    const attempts = line.count(route) - before;
    const told = (await subject.states()).filter(({ kind }) => kind === "connecting").length - 1;
    expect(attempts).toBeLessThanOrEqual(told + 1);
    await expectPauses(subject);
  });
}

for (const transport of ["websocket", "sse"] as const) {
  test(`${transport}: greeted and dropped again and again it tries ever less often [centrifuge-js#408]`, async ({
    subject,
    publisher,
    line,
  }) => {
    await publisher.publish(3);
    // Live once, so that it knows the window: not every browser hears a greeting that breaks off.
    await subject.start({ transports: [transport] });
    await subject.untilLive(transport);
    line.bar(transport, "greet");
    await expect.poll(() => tries(subject)).toBeGreaterThanOrEqual(4);
    await expectPauses(subject);
    line.unbar(transport);
    await publisher.publish(3);
    await subject.untilLive(transport);
    await subject.expectPromiseKept();
  });
}

test("a publish that fails at once is repeated ever less often, and the stream does not notice [centrifuge-js#409, #393]", async ({
  subject,
  publisher,
  line,
}) => {
  await subject.start({ transports: ["sse"] });
  await subject.untilLive("sse");
  line.bar("publish", 500);
  const published = subject.publish(1);
  // Long before the ten seconds after which a request counts as lost.
  await expect.poll(() => line.count("publish")).toBeGreaterThanOrEqual(4);
  line.unbar("publish");
  expect(await published).toBe(1);
  publisher.acknowledged.push(1);
  await subject.expectPromiseKept();
  expect(line.count("publish")).toBeLessThan(20);
  expect(line.count("sse")).toBe(1);
});

test("a transport that the runtime lacks is passed over, and the next keeps its time [centrifuge-js#381]", async ({
  subject,
  publisher,
  line,
}) => {
  await publisher.publish(3);
  line.hold("sse");
  await subject.start({ webSocket: null });
  await expect.poll(() => line.count("sse")).toBe(1);
  expect(line.count("poll")).toBe(0);
  line.release("sse");
  await subject.untilLive("sse");
  await subject.expectPromiseKept();
  expect((await subject.state()).unavailable).toEqual(["websocket"]);
});

test("a slow first answer lets the next transport in, and is healed back to [centrifuge-js#426, #432]", async ({
  subject,
  publisher,
  line,
}) => {
  publisher.begin();
  await publisher.more(5);
  line.hold("websocket");
  await subject.start({ hedgeAfter: 300, reprobeAfter: 500 });
  await subject.untilLive("sse");
  line.release("websocket");
  await publisher.more(5);
  await subject.untilLive("websocket");
  await publisher.more(5);
  await subject.expectPromiseKept();
});

test("a lost socket is not a failed transport [phoenix#6208]", async ({
  subject,
  publisher,
  line,
}) => {
  await subject.start({});
  await subject.untilLive("websocket");
  publisher.begin();
  for (let loss = 1; loss <= 4; loss++) {
    line.drop();
    await expect.poll(() => line.count("websocket")).toBeGreaterThan(loss);
    await subject.untilLive("websocket");
  }
  await publisher.more(5);
  await subject.expectPromiseKept();
  expect(line.count("sse") + line.count("poll")).toBe(0);
});

test("a cursor of a log that is gone is answered with a gap, and what there is [mercure#704]", async ({
  subject,
  publisher,
}) => {
  await publisher.publish(5);
  await subject.start({}, { cursor: "gone:3" });
  await publisher.publish(5);
  await subject.expectPromiseKept(["epoch"]);
});

for (const transport of ["websocket", "sse", "long-polling", "polling"] as const) {
  test(`${transport}: between replay and live nothing is lost [mercure#178]`, async ({
    subject,
    publisher,
  }) => {
    publisher.begin();
    await publisher.more(20);
    // Each joins at another moment of the flow.
    const counts = await subject.page.evaluate(async (only) => {
      const { connect } = window.subject;
      const clients = Array.from({ length: 3 }, () => connect("/", { transports: [only] }));
      const numbers: number[][] = [];
      for (const client of clients) {
        const own: number[] = [];
        numbers.push(own);
        await new Promise<void>((resolve) => {
          client.subscribe<string, { n: number }>("numbers", {
            cursor: "earliest",
            onMessage: ({ data }) => {
              own.push(data.n);
              if (own.length === 40) resolve();
            },
          });
        });
      }
      for (const client of clients) client.close();
      return numbers;
    }, transport);
    await publisher.stop();
    const { acknowledged } = publisher;
    for (const numbers of counts) {
      expect(numbers.length).toBeGreaterThanOrEqual(40);
      expect(numbers).toEqual(acknowledged.slice(0, numbers.length));
    }
  });

  test(`${transport}: the cursor has moved before the listener runs [centrifuge-dart#142]`, async ({
    subject,
    publisher,
  }) => {
    await publisher.publish(12);
    // Closes in the listener and subscribes anew from the cursor it has there.
    const numbers = await subject.page.evaluate(async (only) => {
      const client = window.subject.connect("/", { transports: [only] });
      const seen: number[] = [];
      await new Promise<void>((resolve) => {
        const from = (cursor: string): void => {
          const subscription = client.subscribe<string, { n: number }>("numbers", {
            cursor,
            onMessage: ({ data }) => {
              seen.push(data.n);
              const next = subscription.cursor;
              subscription.close();
              if (data.n === 12) resolve();
              else from(next);
            },
          });
        };
        from("earliest");
      });
      client.close();
      return seen;
    }, transport);
    expect(numbers).toEqual(publisher.acknowledged);
  });

  test(`${transport}: nothing is delivered once it is closed, not even out of one answer [centrifuge-js#391, #393]`, async ({
    subject,
    publisher,
  }) => {
    await publisher.publish(20);
    const seen = await subject.page.evaluate(async (only) => {
      const told: string[] = [];
      const { connect } = window.subject;
      const client = connect("/", { transports: [only] });
      client.onState(({ kind }) => told.push(kind));
      await new Promise<void>((resolve) => {
        client.subscribe<string, { n: number }>("numbers", {
          cursor: "earliest",
          onMessage: ({ data }) => {
            told.push(String(data.n));
            if (data.n < 5) return;
            client.close();
            resolve();
          },
        });
      });
      // A later client that has got everything shows that there was time for more.
      const later = connect("/", { transports: [only] });
      for await (const { data } of later.subscribe<string, { n: number }>("numbers", {
        cursor: "earliest",
      })) {
        if (data.n === 20) break;
      }
      later.close();
      return told;
    }, transport);
    expect(seen).toEqual(["idle", "connecting", "live", "1", "2", "3", "4", "5", "closed"]);
  });
}

interface Told {
  states(): Promise<readonly { kind: string; retryInMs?: number; attempt?: number }[]>;
}

// The greatest number of an attempt that it has told; it begins anew only with a stable line.
async function tries(subject: Told): Promise<number> {
  return Math.max(0, ...(await subject.states()).map(({ attempt }) => attempt ?? 0));
}

// Behind an attempt that failed there are at least 100 ms, and attempts count on.
async function expectPauses(subject: Told): Promise<void> {
  const waits = (await subject.states()).filter(({ kind }) => kind === "waiting");
  const attempts = waits.map(({ attempt }) => attempt!);
  expect(attempts).toEqual([...attempts].sort((a, b) => a - b));
  for (const { attempt, retryInMs } of waits) {
    if (attempt! > 0) expect(retryInMs).toBeGreaterThanOrEqual(100);
  }
}
