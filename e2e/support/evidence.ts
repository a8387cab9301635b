// The promise that every case is held to: nothing lost without a gap, nothing twice, all in order.
import type { Entry } from "../page/record.ts";

export interface Published {
  readonly acknowledged: readonly number[];
  readonly unsure: readonly number[];
}

/** What breaks the promise, as sentences; none if nothing does. */
export function complaints(entries: readonly Entry[], published: Published): string[] {
  const found: string[] = [];
  const received = new Set<number>();
  // The stretches of numbers within which a gap was told: (after, until).
  const gaps: { after: number; until: number }[] = [];
  let n = 0;
  let id = 0;
  for (const entry of entries) {
    if (entry.kind === "gap") {
      gaps.push({ after: n, until: Infinity });
      if (entry.reason === "epoch") id = 0; // Ids begin anew.
    } else if (entry.kind === "error") {
      found.push(`the subscription ended with ${entry.code}`);
    } else if (entry.kind === "message") {
      if (received.has(entry.n)) found.push(`${entry.n} came twice`);
      else if (entry.n < n) found.push(`${entry.n} came behind ${n}`);
      if (entry.id <= id) found.push(`id ${entry.id} came behind id ${id}`);
      for (const gap of gaps) if (gap.until === Infinity) gap.until = entry.n;
      received.add(entry.n);
      n = Math.max(n, entry.n);
      id = entry.id;
    }
  }
  const sent = new Set([...published.acknowledged, ...published.unsure]);
  for (const number of received) if (!sent.has(number)) found.push(`${number} was never published`);
  for (const number of published.acknowledged) {
    const told = gaps.some(({ after, until }) => after < number && number < until);
    if (!received.has(number) && !told) found.push(`${number} is missing and no gap was told`);
  }
  return found;
}
