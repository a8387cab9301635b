// The client's state as a sentence: "live over SSE", "waiting, back in 1.4 s".
import type { State } from "@freshet/client";
import { transport_words } from "./transports.ts";

/** The state in words; `since` is how long it has lasted, in milliseconds, and counts down. */
export function state_words(state: State, since: number): string {
  switch (state.kind) {
    case "idle":
      return "idle";
    case "connecting":
      return `connecting over ${transport_words[state.transport]}`;
    case "live":
      return `live over ${transport_words[state.transport]}`;
    case "waiting":
      return `waiting, back in ${duration_words(state.retryInMs - since)}`;
    case "closed":
      return state.error ? `closed: ${state.error.message}` : "closed";
  }
}

/** The same for a screen reader, which is told of changes and not of each tenth of a second. */
export function state_announcement(state: State): string {
  if (state.kind !== "waiting") return state_words(state, 0);
  const reason = state.reason ? `: ${state.reason}` : "";
  return `connection lost, coming back by itself${reason}`;
}

/** "1.4 s", "12 s", "3 min"; below nothing is nothing. */
export function duration_words(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** A latency for a narrow place: "12 ms", "3.2 s". The wire's times are whole milliseconds. */
export function latency_words(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}
