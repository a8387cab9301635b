// What the three uses of fetch share: credentials, and how an answer ended.

import { EndKind, type End } from "./core.js";

export interface HttpRequest {
  readonly fetch: typeof fetch;
  readonly url: string;
  /** Sent by POST. Default: a GET. */
  readonly body?: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** The answer if its status is 200, else how it ended. Rejects when there was none. */
export async function request(from: HttpRequest): Promise<Response | End> {
  const { fetch, url, body, token, signal } = from;
  // A body without a content type of ours keeps a cross-origin request free of a preflight.
  const response = await fetch(url, {
    cache: "no-store",
    signal,
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
    ...(body && { method: "POST", body }),
  });
  if (response.status === 200) return response;
  const { headers } = response;
  void response.body?.cancel();
  return {
    kind: EndKind.refused,
    code: response.status,
    retryAfter: retryAfter(headers),
    ticket: headers.get("freshet-ticket") ?? "",
    reason: `the server answered ${response.status}`,
  };
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

export const isEnd = (answer: Response | End): answer is End => "kind" in answer;

/** How a request ended that rejected, or whose answer broke off. */
export const failure = (kind: EndKind, error: unknown): End => ({
  kind,
  reason: error instanceof Error ? error.message : String(error),
});
