// A real `freshet serve` for one test, on a port the system chooses, ended with the test.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = process.env["FRESHET_PROGRAM"] ?? `${root}build/freshet`;

/** The page under test, as global_setup.ts builds it; and the demo, as ./dev builds it. */
export const subjectPages = `${root}build/e2e/pages`;
export const demoPages = `${root}build/pages`;

/** Flags of `freshet serve` by name, without the dashes. */
export type Flags = Readonly<Record<string, string>>;

const promptFlags: Flags = {
  "log-level": "warn",
  ping: "2s",
  "poll-interval": "100ms",
  "window-min": "100ms",
};

export class Server {
  private child: ChildProcess | undefined;
  /** 0 until the system has chosen one; the same after every restart. */
  port = 0;

  private constructor(
    private readonly flags: readonly string[],
    private readonly command: "serve" | "demo" = "serve",
  ) {}

  /** `flags` override those that keep tests from waiting. */
  static async start(pages: string, flags: Flags = {}): Promise<Server> {
    const all = { demo: pages, ...promptFlags, ...flags };
    const server = new Server(Object.entries(all).map(([name, value]) => `--${name}=${value}`));
    await server.restart();
    return server;
  }

  /** `freshet demo`: a server as its child, which the herd lab may kill. */
  static async startDemo(flags: Flags): Promise<Server> {
    const all = { pages: demoPages, ...flags };
    const words = Object.entries(all).map(([name, value]) => `--${name}=${value}`);
    const server = new Server(words, "demo");
    await server.restart();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The value of one line of /metrics, which loops report to within a second. */
  async metric(sample: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
    if (line === undefined) throw new Error(`/metrics has no ${sample}`);
    return Number(line.slice(sample.length + 1));
  }

  /** As a crash would: nothing is said, nothing is saved. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Begins again on the same port, with an empty log. */
  async restart(): Promise<void> {
    await this.kill();
    const place =
      this.command === "serve" ? `--listen=127.0.0.1:${this.port}` : `--port=${this.port}`;
    const child = spawn(program, [this.command, place, ...this.flags], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.child = child;
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${program} ended at once with exit code ${code}`);
    });
    // Later exits are the test's own doing.
    ended.catch(() => {});
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout! }), "line"),
      ended,
    ])) as [string];
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (!url) throw new Error(`no address in '${line}'`);
    this.port = Number(new URL(url).port);
  }
}
