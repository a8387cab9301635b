// The package in WebKit, the engine of Safari: each transport subscribes, publishes, and survives a cut and a restart.
// Chromium and Firefox have the whole list (../tests/transports.spec.ts).
import { expect, SubjectPage, test as base } from "../support/fixtures.ts";
import { WebKit } from "../support/webkit.ts";

const test = base.extend<{ inWebKit: SubjectPage<WebKit> }, { webkit: WebKit }>({
  webkit: [
    // Playwright reads from the pattern that this fixture needs no other.
    async ({}, use) => {
      const webkit = await WebKit.start();
      await use(webkit);
      await webkit.end();
    },
    { scope: "worker" },
  ],
  inWebKit: async ({ webkit, line, publisher }, use) => {
    await webkit.goto(`${line.url}/index.html`);
    await use(new SubjectPage(webkit, publisher));
  },
});

for (const transport of ["websocket", "sse", "long-polling", "polling"] as const) {
  test(`${transport} delivers, publishes, resumes after a cut and tells the gap of a restart`, async ({
    inWebKit: subject,
    publisher,
    line,
    server,
  }) => {
    await publisher.publish(10);
    await subject.start({ transports: [transport] });
    await subject.untilLive(transport);
    expect(await subject.publish(11)).toBe(11);
    publisher.acknowledged.push(11);
    publisher.skip(11);

    publisher.begin();
    await publisher.more(10);
    line.cut();
    await subject.until("waiting");
    await publisher.more(10);
    line.mend();
    await subject.untilLive(transport);
    await publisher.more(10);

    await server.restart();
    await publisher.more(10);
    await subject.untilCaughtUp();
    await subject.untilLive(transport);
    await subject.expectPromiseKept(["epoch"]);
  });
}
