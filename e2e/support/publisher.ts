// Publishes numbered messages straight to the server, past the proxy, and keeps which of them the
// server has acknowledged: what a client must get or be told a gap for.
import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "./server.ts";

const interval = 15;

export class Publisher {
  /** In the order of the log. */
  readonly acknowledged: number[] = [];
  /** Sent while the server went down: it may have them or not. */
  readonly unsure: number[] = [];
  /** Makes messages as large as a test wants. */
  filler = "";
  private next = 1;
  private steady: Promise<void> | undefined;
  private ended = false;

  constructor(private readonly server: Server) {}

  /** Publishes `count` more, one after the other. */
  async publish(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      if (!(await this.send())) throw new Error("the server did not take a message");
    }
  }

  /** Leaves out a number that the page publishes itself. */
  skip(n: number): void {
    this.next = n + 1;
  }

  /** Publishes one after the other until stop(), whether there is a server or not. */
  begin(): void {
    this.ended = false;
    this.steady = (async () => {
      while (!this.ended) {
        await this.send();
        await pause(interval);
      }
    })();
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.steady;
  }

  /** Waits until begin() has brought `count` more to the server. */
  async more(count: number): Promise<void> {
    const enough = this.acknowledged.length + count;
    while (this.acknowledged.length < enough) await pause(interval);
  }

  private async send(): Promise<boolean> {
    const n = this.next++;
    try {
      const answer = await fetch(`${this.server.url}/v1/topics/numbers`, {
        method: "POST",
        // What browsers, proxies and parsers might take apart: beyond ASCII, line ends, quotes.
        body: JSON.stringify({ n, text: 'Hochwasser \u2028 ✓ \u{1f30a} "\\ \r\n' + this.filler }),
        signal: AbortSignal.timeout(5000),
      });
      await answer.arrayBuffer();
      if (answer.ok) this.acknowledged.push(n);
      return answer.ok;
    } catch {
      this.unsure.push(n);
      return false;
    }
  }
}
