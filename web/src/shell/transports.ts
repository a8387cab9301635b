// The words and the order of the four transports, as the pages show them.
import type { Transport } from "@freshet/client";

/** What the switch offers: one transport alone, or the client's own choice. */
export type Choice = "auto" | Transport;

export const transports: readonly Transport[] = ["websocket", "sse", "long-polling", "polling"];

/** How a transport reads in a sentence. */
export const transport_words: Record<Transport, string> = {
  websocket: "WebSocket",
  sse: "SSE",
  "long-polling": "long polling",
  polling: "polling",
};

export function is_choice(text: string | null): text is Choice {
  return text === "auto" || transports.some((transport) => transport === text);
}
