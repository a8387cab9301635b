// A machine that sleeps, as the browser sees it: every process of it stops, the world goes on, data
// arrives in its sockets, and on waking all its timers are overdue at once.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Stops this worker's browser for as long, and for `meanwhile` to be done. */
export async function sleep(
  milliseconds: number,
  meanwhile: () => void | Promise<void> = () => {},
): Promise<void> {
  const processes = browserProcesses();
  if (processes.length < 2) throw new Error("this worker's browser is not to be found");
  signal(processes, "SIGSTOP");
  try {
    await Promise.all([pause(milliseconds), meanwhile()]);
  } finally {
    signal(processes, "SIGCONT");
  }
}

function signal(processes: readonly number[], name: NodeJS.Signals): void {
  for (const id of processes) {
    try {
      process.kill(id, name);
    } catch {
      // It has ended by itself.
    }
  }
}

// Descendants of this worker whose program is a browser's; the server is another.
function browserProcesses(): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all: number[] = [];
  const add = (parent: number): void => {
    for (const id of children.get(parent) ?? []) {
      if (isBrowser(id)) all.push(id);
      add(id);
    }
  };
  add(process.pid);
  return all;
}

function parentOf(id: number): number | undefined {
  try {
    // The name in parentheses may hold anything; state and parent stand behind the last one.
    const text = readFileSync(`/proc/${id}/stat`, "utf8");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined; // It has just ended.
  }
}

function isBrowser(id: number): boolean {
  try {
    return /chromium|firefox/.test(readlinkSync(`/proc/${id}/exe`));
  } catch {
    return false;
  }
}
