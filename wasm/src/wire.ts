// One connection or POST as its transport sees it. The transports are websocket.ts, event_source.ts,
// sse_fetch.ts and poll.ts, the last two by way of http.ts.

import type { End } from "./core.js";

export interface Wire {
  /** Aborted, with the WebSocket close code as its reason, when it is no longer wanted. */
  readonly controller_: AbortController;
  /** The credentials to show. Default: none. */
  token_?: string | undefined;
  /** Tells frames; passed over are empty ones, and all behind the end or an abort. */
  readonly frames_: (frames: string[]) => void;
  /** Tells the end; passed over behind an earlier one or an abort. */
  readonly end_: (end: End) => void;
  /** Sends one text message; set by the WebSocket when it is open. */
  send_?: (text: string) => void;
}
