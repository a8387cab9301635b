// Browsers offer permessage-deflate and gzip by themselves. Large messages reach the page by each through a cut and a
// resume, and what the server counts proves that they came compressed.
import type { Transport } from "@freshet/client";
import { expect, test } from "../support/fixtures.ts";

// Longer than --deflate-bytes-min and --gzip-bytes-min, and nothing that shrinks to nothing.
const filler = Array.from({ length: 200 }, (_, n) => `quote ${n}: ${(n * 7919) % 1000}`).join("\n");

const cases: readonly { transport: Transport; compressed: string; bytes: string }[] = [
  {
    transport: "websocket",
    compressed: "freshet_deflated_deliveries_total",
    bytes: "freshet_deflated_bytes_total",
  },
  {
    transport: "long-polling",
    compressed: "freshet_gzip_answers_total",
    bytes: "freshet_gzip_bytes_total",
  },
  {
    transport: "polling",
    compressed: "freshet_gzip_answers_total",
    bytes: "freshet_gzip_bytes_total",
  },
];

for (const { transport, compressed, bytes } of cases) {
  test(`${transport}: large messages come compressed, through a cut and after it`, async ({
    subject,
    publisher,
    server,
    line,
  }) => {
    // The page itself is compressed too.
    const before = await server.metric(compressed);
    publisher.filler = filler;
    await subject.startFromNow({ transports: [transport] }, transport);
    publisher.begin();
    await publisher.more(10);
    await subject.untilCaughtUp();
    await expect.poll(() => server.metric(compressed)).toBeGreaterThan(before);
    const live = await server.metric(compressed);

    line.cut();
    await subject.until("waiting");
    await publisher.more(10);
    line.mend();
    await subject.untilLive(transport);
    await publisher.more(10);
    await subject.expectPromiseKept();

    await expect.poll(() => server.metric(compressed)).toBeGreaterThan(live);
    if (transport === "websocket") {
      // All of them: what was sent into the cut is sent, and counted, once more.
      const count = (await subject.numbers()).length;
      await expect.poll(() => server.metric(compressed)).toBeGreaterThanOrEqual(count);
    }
    const [plain, shrunk] = [
      await server.metric(`${bytes}{side="before"}`),
      await server.metric(`${bytes}{side="after"}`),
    ];
    expect(shrunk).toBeLessThan(plain / 2);
  });
}

test("websocket: what the page publishes is compressed by the browser and read by the server", async ({
  subject,
  publisher,
  server,
}) => {
  await subject.start({ transports: ["websocket"] });
  await subject.untilLive("websocket");
  for (let n = 1; n <= 5; n++) {
    expect(await subject.publish(n, filler)).toBe(n);
    publisher.acknowledged.push(n);
  }
  await subject.expectPromiseKept();
  await expect.poll(() => server.metric("freshet_inflated_messages_total")).toBeGreaterThanOrEqual(5);
});

test.describe("switched off", () => {
  test.use({ serverFlags: { "deflate-bytes-min": "1MiB", "gzip-bytes-min": "1MiB" } });
  test("websocket: below the least size nothing is compressed", async ({
    subject,
    publisher,
    server,
  }) => {
    publisher.filler = filler;
    await subject.startFromNow({ transports: ["websocket"] }, "websocket");
    await publisher.publish(5);
    await subject.expectPromiseKept();
    // Told together with what is to stay 0.
    await expect.poll(() => server.metric("freshet_deliveries_total")).toBeGreaterThanOrEqual(5);
    expect(await server.metric("freshet_deflated_messages_total")).toBe(0);
  });
});
