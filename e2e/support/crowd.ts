// Clients of one page, to see that each returns at a moment of its own. A browser lets a page hold
// no more than six connections to one server, WebSockets apart.
import type { Transport } from "@freshet/client";
import { expect, type Page } from "@playwright/test";

const crowd: readonly Transport[] = [
  ...Array<Transport>(6).fill("websocket"),
  ...Array<Transport>(2).fill("sse"),
  ...Array<Transport>(2).fill("long-polling"),
  ...Array<Transport>(2).fill("polling"),
];

/** Those of them that notice at once when their line breaks. */
export const streams: readonly Transport[] = [
  ...Array<Transport>(10).fill("websocket"),
  ...Array<Transport>(2).fill("sse"),
];

/** Waits until so many of the page's clients are live. */
export async function untilGathered(page: Page, count: number = crowd.length): Promise<void> {
  await expect.poll(() => page.evaluate(() => window.subject.gathered())).toBe(count);
}

/** Clients over these transports, live; a dozen unless told otherwise. */
export async function gather(page: Page, transports = crowd): Promise<void> {
  await page.evaluate((each) => window.subject.gather(each), transports);
  await untilGathered(page, transports.length);
}

/**
 * Waits until all are live again, and looks whether each drew its own time within the two seconds
 * that one machine's clients have, whatever the server's window.
 */
export async function expectOwnMoments(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => window.subject.delays().every((one) => one.length > 0)))
    .toBe(true);
  await untilGathered(page);
  const delays = await page.evaluate(() => window.subject.delays());
  const first = delays.map((one) => one[0]!);
  expect(Math.max(...first)).toBeLessThanOrEqual(2000);
  // Twelve of two thousand: that four of them meet does not happen.
  expect(new Set(first).size).toBeGreaterThan(8);
}
