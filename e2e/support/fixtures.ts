// What every test gets: a server, a line to it that can break, a publisher behind it, and the page under test,
// opened over that line. All of them end with the test.
import { expect, type Page, test as base } from "@playwright/test";
import type { ClientOptions, State, SubscribeOptions, Transport } from "@freshet/client";
import type { Entry } from "../page/record.ts";
import type {} from "../page/subject.ts"; // Declares window.subject.
import { complaints } from "./evidence.ts";
import { Line } from "./line.ts";
import { Publisher } from "./publisher.ts";
import { type Flags, Server, subjectPages } from "./server.ts";
import type { Evaluator } from "./webkit.ts";

/** The page under test, seen from here. */
export class SubjectPage<Browser extends Evaluator = Page> {
  constructor(
    readonly page: Browser,
    private readonly publisher: Publisher,
  ) {}

  start(options: ClientOptions, how: SubscribeOptions = {}): Promise<void> {
    return this.page.evaluate(([given, subscribing]) => window.subject.start(given, subscribing), [
      options,
      how,
    ] as const);
  }
  /**
   * Waits until it is live on this transport and hears what is published from now on. It has a
   * position of its own then: whoever comes back from anywhere else loses something.
   */
  async startFromNow(options: ClientOptions, transport: Transport): Promise<void> {
    await this.start(options, { cursor: "latest" });
    await this.untilLive(transport);
    const caughtUp = async () => (await this.entries()).some(({ kind }) => kind === "live");
    await expect.poll(caughtUp).toBe(true);
  }
  publish(n: number, text = ""): Promise<number | string> {
    return this.page.evaluate(([number, words]) => window.subject.publish(number, words), [
      n,
      text,
    ] as const);
  }
  close(): Promise<void> {
    return this.page.evaluate(() => window.subject.close(), undefined);
  }
  entries(): Promise<Entry[]> {
    return this.page.evaluate(() => window.subject.entries(), undefined);
  }

  async states(): Promise<State[]> {
    return (await this.entries()).flatMap((entry) => (entry.kind === "state" ? [entry.state] : []));
  }
  async state(): Promise<State> {
    return (await this.states()).at(-1)!;
  }
  async gaps(): Promise<string[]> {
    return (await this.entries()).flatMap((entry) => (entry.kind === "gap" ? [entry.reason] : []));
  }
  async numbers(): Promise<number[]> {
    return (await this.entries()).flatMap((entry) => (entry.kind === "message" ? [entry.n] : []));
  }

  /** Waits until the client is live on this transport. */
  async untilLive(transport: Transport): Promise<void> {
    await expect
      .poll(async () => {
        const state = await this.state();
        return state.kind === "live" ? state.transport : state.kind;
      })
      .toBe(transport);
  }
  async until(kind: State["kind"]): Promise<void> {
    await expect.poll(async () => (await this.state()).kind).toBe(kind);
  }
  /** Waits until the newest number that the server has acknowledged by now has arrived. */
  async untilCaughtUp(): Promise<void> {
    const newest = this.publisher.acknowledged.at(-1)!;
    await expect
      .poll(async () => (await this.numbers()).at(-1) ?? 0)
      .toBeGreaterThanOrEqual(newest);
  }
  /**
   * Ends the publishing. Then everything has arrived, or a gap was told in its place; these gaps
   * and no others.
   */
  async expectPromiseKept(gaps: string[] = []): Promise<void> {
    await this.publisher.stop();
    await this.untilCaughtUp();
    expect(complaints(await this.entries(), this.publisher)).toEqual([]);
    expect(await this.gaps()).toEqual(gaps);
  }
}

// Firefox reports these as errors of the page, which can do nothing about it.
const brokenWebSocket =
  /^(Firefox can’t establish a connection|The connection to ws:.* was interrupted)/;

interface Fixtures {
  /** Flags of `freshet serve` beside those that all tests have; set with test.use. */
  serverFlags: Flags;
  server: Server;
  line: Line;
  publisher: Publisher;
  subject: SubjectPage;
}

export const test = base.extend<Fixtures>({
  serverFlags: [{}, { option: true }],
  server: async ({ serverFlags }, use) => {
    const server = await Server.start(subjectPages, serverFlags);
    await use(server);
    await server.kill();
  },
  line: async ({ server }, use) => {
    const line = await Line.start(server.port);
    await use(line);
    line.close();
  },
  publisher: async ({ server }, use) => {
    const publisher = new Publisher(server);
    await use(publisher);
    await publisher.stop();
  },
  subject: async ({ page, line, publisher }, use) => {
    const faults: string[] = [];
    page.on("pageerror", ({ message }) => {
      if (!brokenWebSocket.test(message)) faults.push(message);
    });
    page.on("console", (message) => {
      // Browsers report broken connections as errors too; only a trap of the core is one here.
      if (/the core has failed/.test(message.text())) faults.push(message.text());
    });
    await page.goto(`${line.url}/index.html`);
    await use(new SubjectPage(page, publisher));
    expect(faults).toEqual([]);
  },
});

export { expect };
