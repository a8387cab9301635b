// What the three uses of fetch share: credentials, and how an answer ended.

import { EndKind, type End } from "./core.js";

export interface HttpRequest {
  /** Default: this runtime has none. */
  readonly fetch_: typeof fetch | undefined;
  readonly url_: string;
  /** Sent by POST unless it is empty. */
  readonly body_: string;
  readonly token_: string | undefined;
  readonly signal_: AbortSignal;
}

/** Has `read` take the answer if its status is 200; gives how it ended. */
export async function exchange(
  { fetch_: fetch, url_: url, body_: body, token_: token, signal_: signal }: HttpRequest,
  read: (response: Response) => Promise<void>,
): Promise<End> {
  if (!fetch) return { kind: EndKind.unsupported, reason: "no fetch in this runtime" };
  let kind = EndKind.unreachable;
  try {
    // A body without a content type of ours keeps a cross-origin request free of a preflight.
    const response = await fetch(url, {
      cache: "no-store",
      signal,
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
      ...(body && { method: "POST", body }),
    });
    const { headers, status: code } = response;
    if (code !== 200) {
      void response.body?.cancel();
      return {
        kind: EndKind.refused,
        code,
        retryAfter_: retryAfter(headers),
        ticket_: headers.get("freshet-ticket") ?? "",
        reason: `the server answered ${code}`,
      };
    }
    kind = EndKind.lost;
    await read(response);
    return { kind: EndKind.finished };
  } catch (error) {
    return failure(kind, error);
  }
}

// Freshet-Retry-After-Ms, else Retry-After: seconds or a date (RFC 9110 §10.2.3).
function retryAfter(headers: Headers): number | undefined {
  const milliseconds = headers.get("freshet-retry-after-ms");
  const text = headers.get("retry-after");
  const value = milliseconds ? +milliseconds : text ? +text * 1000 : NaN;
  if (value >= 0) return value;
  const at = text ? Date.parse(text) - Date.now() : NaN;
  return at >= 0 ? at : undefined;
}

/** How a request ended that rejected, or whose answer broke off. */
export const failure = (kind: EndKind, error: unknown): End => ({
  kind,
  reason: error instanceof Error ? error.message : String(error),
});
