// How a run is shown: at a speed, paused, a step at a time, from the beginning or from anywhere. Pure: time passes by
// pass().
import type { Speed } from "./lab_state.ts";

/** "waiting": the model has not been computed so far yet. */
export type PlaybackKind = "playing" | "waiting" | "paused" | "over";

/** Milliseconds that a step shows. */
export const playback_step = 1000;

/** A page in the background draws no frames; what it missed is not made up for at once. */
const pass_max = 250;

export class Playback {
  /** Milliseconds after the loss. */
  at = 0;
  private is_paused_ = false;
  private known_ = 0;
  private is_whole_ = false;

  constructor(public speed: Speed) {}

  get kind(): PlaybackKind {
    if (this.is_whole_ && this.at >= this.known_) return "over";
    if (this.is_paused_) return "paused";
    return this.at >= this.known_ ? "waiting" : "playing";
  }

  /** Shows another run from its beginning; whoever paused the one before wants to see this one. */
  restart(): void {
    this.at = 0;
    this.is_paused_ = false;
    this.known_ = 0;
    this.is_whole_ = false;
  }

  /** The run is known so far; `is_whole`: that is all of it. */
  learn(until: number, is_whole: boolean): void {
    this.known_ = until;
    this.is_whole_ = is_whole;
    this.seek(this.at);
  }

  /** So many milliseconds of ours went by. */
  pass(milliseconds: number): void {
    if (this.is_paused_ || this.kind === "over") return;
    // 0 × Infinity is no number.
    const passed = this.speed === Infinity ? Infinity : Math.min(milliseconds, pass_max) * this.speed;
    this.seek(this.at + passed);
  }

  seek(at: number): void {
    this.at = Math.min(Math.max(0, at), this.known_);
  }

  /** The button: pauses, goes on, and begins again when it is over. */
  toggle(): void {
    if (this.kind === "over") {
      this.at = 0;
      this.is_paused_ = false;
    } else {
      this.is_paused_ = !this.is_paused_;
    }
  }

  step(): void {
    this.is_paused_ = true;
    this.seek(this.at + playback_step);
  }
}
