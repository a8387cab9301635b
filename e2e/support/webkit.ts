// WebKitGTK, driven by W3C WebDriver over fetch: Playwright's own WebKit is not Debian's. It needs a display, which
// Xvfb gives it.
// https://www.w3.org/TR/webdriver2/ §14.2 (execute), WebKitGTK's capability `webkitgtk:browserOptions`.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const driverProgram = "/usr/bin/WebKitWebDriver";

/** The part of Playwright's page that the page under test needs. */
export interface Evaluator {
  evaluate<Result, Argument>(
    script: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
}

export class WebKit implements Evaluator {
  private constructor(
    private readonly processes: readonly ChildProcess[],
    private readonly driver: string,
    private session = "",
  ) {}

  static async start(): Promise<WebKit> {
    const browser = miniBrowser();
    const display = spawn("Xvfb", ["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x800x24"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [number] = (await once(createInterface({ input: display.stdout }), "line")) as [string];
    const port = await freePort();
    const driver = spawn(driverProgram, [`--port=${port}`], {
      env: { ...process.env, DISPLAY: `:${number}` },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const webkit = new WebKit([driver, display], `http://127.0.0.1:${port}`);
    await webkit.untilReady(driver);
    const options = { binary: browser, args: ["--automation"] };
    const { sessionId } = await webkit.ask<{ sessionId: string }>("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
    });
    webkit.session = `/session/${sessionId}`;
    return webkit;
  }

  async end(): Promise<void> {
    await this.ask("DELETE", this.session);
    for (const child of this.processes) {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    }
  }

  /** Opens a page and waits until it has loaded. */
  async goto(url: string): Promise<void> {
    await this.ask("POST", `${this.session}/url`, { url });
  }

  async evaluate<Result, Argument>(
    script: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result> {
    const answer = await this.ask<{ value: Result } | { error: string }>(
      "POST",
      `${this.session}/execute/async`,
      {
        script: `const [argument, done] = arguments;
          Promise.resolve(argument).then(${script.toString()})
            .then((value) => done({ value }), (error) => done({ error: String(error) }));`,
        args: [argument],
      },
    );
    if ("error" in answer) throw new Error(answer.error);
    return answer.value;
  }

  private async untilReady(driver: ChildProcess): Promise<void> {
    for (;;) {
      if (driver.exitCode !== null) throw new Error(`${driverProgram} ended at once`);
      try {
        if ((await this.ask<{ ready: boolean }>("GET", "/status")).ready) return;
      } catch {
        // It does not listen yet.
      }
      await pause(50);
    }
  }

  private async ask<Value>(method: string, path: string, body?: unknown): Promise<Value> {
    const answer = await fetch(this.driver + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: Value };
    if (!answer.ok) throw new Error(`${method} ${path}: ${(value as { message: string }).message}`);
    return value;
  }
}

/** Debian keeps it beside the libraries of the machine's architecture. */
function miniBrowser(): string {
  for (const architecture of readdirSync("/usr/lib")) {
    const program = `/usr/lib/${architecture}/webkit2gtk-4.1/MiniBrowser`;
    if (existsSync(program)) return program;
  }
  throw new Error("no MiniBrowser of WebKitGTK: run scripts/setup.sh");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
