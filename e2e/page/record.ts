// What the page under test has seen, in the order in which it was told: the evidence that tests judge.
import type { Gap, State } from "@freshet/client";

export type Entry =
  | { kind: "message"; n: number; id: number }
  | { kind: "gap"; reason: Gap["reason"] }
  /** Replay has caught up. */
  | { kind: "live" }
  | { kind: "error"; code: string }
  | { kind: "state"; state: State };
