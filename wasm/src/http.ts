// What the uses of fetch share: credentials, and how an answer ended.

import { EndKind, type End } from "./core.js";
import type { Wire } from "./wire.js";

/** Takes an answer of status 200. */
export type Read = (answer: Response, wire: Wire) => Promise<void>;

/** Asks by POST unless `body` is empty, has the answer read, and tells the wire how it ended. */
export async function exchange(
  fetch: typeof globalThis.fetch | null | undefined,
  url: string,
  body: string,
  wire: Wire,
  read: Read,
): Promise<void> {
  if (!fetch) return wire.end_({ kind: EndKind.unsupported });
  const { controller_: { signal }, token_: token } = wire;
  let end: End = { kind: EndKind.unreachable };
  try {
    // A body without a content type of ours keeps a cross-origin request free of a preflight.
    const answer = await fetch(url, {
      cache: "no-store",
      signal,
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
      ...(body && { method: "POST", body }),
    });
    const { headers, status: code } = answer;
    if (code === 200) {
      end = { kind: EndKind.lost };
      await read(answer, wire);
      end = { kind: EndKind.finished };
    } else {
      void answer.body?.cancel();
      const ticket = headers.get("freshet-ticket") ?? "";
      end = { kind: EndKind.refused, code, retryAfter_: retryAfter(headers), ticket_: ticket };
    }
  } catch {
    // Each browser has its own words for it, which do not say why; the core has a sentence.
  }
  wire.end_(end);
}

// Freshet-Retry-After-Ms, else Retry-After: seconds or a date (RFC 9110 §10.2.3).
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return [
    parseFloat(headers.get("freshet-retry-after-ms") ?? ""),
    parseFloat(text) * 1000,
    Date.parse(text) - Date.now(),
  ].find((wait) => wait >= 0);
}
