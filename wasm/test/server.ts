// A real `freshet serve` for the tests, on a port the system chooses, ended with the test.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program =
  process.env["FRESHET_PROGRAM"] ?? fileURLToPath(new URL("../../build/freshet", import.meta.url));

export class Server {
  private constructor(
    private child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(port = 0): Promise<Server> {
    if (!existsSync(program)) throw new Error(`${program} is missing: run ./dev build`);
    const child = spawn(
      program,
      ["serve", "--listen", `127.0.0.1:${port}`, "--log-level", "warn", "--poll-interval", "50ms"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const lines = createInterface({ input: child.stdout! });
    const [line] = (await once(lines, "line")) as [string];
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (!url) throw new Error(`no address in '${line}'`);
    return new Server(child, url);
  }

  async publish(topic: string, data: unknown): Promise<number> {
    const answer = await fetch(`${this.url}/v1/topics/${topic}`, {
      method: "POST",
      body: JSON.stringify(data),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return ((await answer.json()) as { id: number }).id;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }
}
