// What the line panel counts: messages, replays, gaps, reconnects, and the latency of each
// transport. Pure: time is an argument, so that the tests need no clock.
import type { State, Transport } from "@freshet/client";

/** One live message's latency. */
export interface Sample {
  /** When it came, in milliseconds since 1970. */
  at: number;
  /** Publish to here, in milliseconds. */
  latency: number;
  transport: Transport;
}

/** Something to mark in the chart. */
export interface Mark {
  /** Milliseconds since 1970. */
  at: number;
  kind: "lost" | "live";
}

export interface Figures {
  median: number;
  p99: number;
}

export class Meter {
  messages = 0;
  /** Published while the page was away (or before it came) and sent afterwards. */
  replayed = 0;
  gaps = 0;
  reconnects = 0;
  /** Ids that did not rise: a message twice or out of order. Stays 0. */
  disordered = 0;
  readonly samples: Sample[] = [];
  readonly marks: Mark[] = [];

  private state_: State | undefined;
  private live_since_ = Infinity;
  private lost_ = false;
  private last_id_ = new Map<string, number>();
  private skew_ = 0;
  private recent_ = new Map<Transport, number[]>();

  constructor(private readonly window_ms = 60_000) {}

  handle_state(state: State, now: number): void {
    const before = this.state_?.kind;
    this.state_ = state;
    if (state.kind === "live") {
      if (before === "live") return; // A hand-over: nothing was missed, nothing is replayed.
      this.live_since_ = now;
      if (this.lost_) {
        this.reconnects += 1;
        this.marks.push({ at: now, kind: "live" });
      }
      this.lost_ = false;
    } else if (before === "live" && state.kind !== "closed") {
      this.lost_ = true;
      this.live_since_ = Infinity;
      this.marks.push({ at: now, kind: "lost" });
    }
  }

  /**
   * Counts one message of the subscription named `source`. Ids rise over all topics of one
   * subscription, so each subscription is judged for itself.
   */
  handle_message(source: string, message: { id: number; time: number }, now: number): void {
    this.messages += 1;
    const last = this.last_id_.get(source);
    if (last !== undefined && message.id <= last) this.disordered += 1;
    this.last_id_.set(source, message.id);

    // A message from the future shows that the server's clock is ahead of ours.
    this.skew_ = Math.min(this.skew_, now - message.time);
    const published = message.time + this.skew_;
    if (this.state_?.kind !== "live" || published < this.live_since_) {
      this.replayed += 1;
      return;
    }
    const { transport } = this.state_;
    const latency = now - published;
    this.samples.push({ at: now, latency, transport });
    const recent = this.recent_.get(transport) ?? [];
    recent.push(latency);
    if (recent.length > 500) recent.shift();
    this.recent_.set(transport, recent);
  }

  handle_gap(source: string): void {
    this.gaps += 1;
    this.last_id_.delete(source); // A new epoch counts its ids anew.
  }

  /** Forgets what has left the chart's window. */
  trim(now: number): void {
    const oldest = now - this.window_ms;
    drop_before(this.samples, oldest);
    drop_before(this.marks, oldest);
  }

  /** Median and 99th percentile of the last 500 messages over `transport`, if there were any. */
  figures(transport: Transport): Figures | undefined {
    const recent = this.recent_.get(transport);
    if (!recent?.length) return undefined;
    const sorted = recent.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { median: at(0.5), p99: at(0.99) };
  }
}

function drop_before(entries: { at: number }[], oldest: number): void {
  const keep = entries.findIndex(({ at }) => at >= oldest);
  entries.splice(0, keep === -1 ? entries.length : keep);
}
