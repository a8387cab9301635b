// The buttons under which a run is shown: play and pause, a step, the speed, and where it stands.
import { required, set_text, wants_little_motion } from "../shell/dom.ts";
import { type Speed, speed_name, speeds } from "./lab_state.ts";
import { Playback, type PlaybackKind } from "./playback.ts";
import { seconds_words } from "./scales.ts";

const labels: Record<PlaybackKind, string> = {
  playing: "Pause",
  waiting: "Pause",
  paused: "Play",
  over: "Play again",
};

/** Slots of the slider that goes along. */
const seek_ms = 100;

export interface Shown {
  /** Another moment, or another state, is to be shown. */
  changed(): void;
  /** Somebody chose another speed. */
  speed_chosen(speed: Speed): void;
  /** A button was pressed, or what goes on is another: to be told to who sees no pictures. */
  told(kind: PlaybackKind): void;
}

export class Player {
  readonly playback: Playback;
  private readonly play_ = required("#play", HTMLButtonElement);
  private readonly step_ = required("#step", HTMLButtonElement);
  private readonly seek_ = required("#seek", HTMLInputElement);
  private readonly state_ = required("#herd-state", HTMLElement);
  private drawn_at_ = 0;
  private cost_ = 0;
  private passed_at_ = performance.now();
  private kind_: PlaybackKind | undefined;

  constructor(
    speed: Speed | undefined,
    private readonly shown_: Shown,
  ) {
    this.playback = new Playback(speed ?? default_speed());
    this.play_.addEventListener("click", () => this.act(() => this.playback.toggle()));
    this.step_.addEventListener("click", () => this.act(() => this.playback.step()));
    this.seek_.addEventListener("input", () => {
      this.playback.seek(this.seek_.valueAsNumber * seek_ms);
      shown_.changed();
    });
    for (const one of speeds) {
      const input = required(`#speed-${speed_name(one)}`, HTMLInputElement);
      input.checked = one === this.playback.speed;
      input.addEventListener("change", () => {
        this.playback.speed = one;
        shown_.speed_chosen(one);
      });
    }
    const frame = (at: number): void => {
      this.frame(at);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Another run is shown from its beginning. */
  restart(): void {
    this.playback.restart();
    this.write(0);
  }

  /** `end`: what the pictures reach to; `cost`: how many milliseconds it took to draw them. */
  write(end: number, cost = 0): void {
    this.cost_ = cost;
    const { at, kind } = this.playback;
    set_text(this.play_, labels[kind]);
    this.step_.disabled = kind === "over" || kind === "waiting";
    this.seek_.max = String(Math.ceil(end / seek_ms));
    this.seek_.value = String(Math.round(at / seek_ms));
    this.seek_.setAttribute("aria-valuetext", `${seconds_words(at)} after the loss`);
    this.state_.dataset.kind = kind;
    set_text(this.state_, state_words(kind, at));
    if (kind === this.kind_) return;
    this.kind_ = kind;
    this.shown_.told(kind);
  }

  private act(action: () => void): void {
    action();
    this.shown_.changed();
    this.shown_.told(this.playback.kind);
  }

  private frame(at: number): void {
    const passed = at - this.passed_at_;
    this.passed_at_ = at;
    const before = this.playback.at;
    this.playback.pass(Math.max(0, passed));
    if (this.playback.at === before && this.playback.kind === this.kind_) return;
    // Twenty pictures a second read as steady, and a slow machine draws fewer, a third of its time at
    // most; with reduced motion one changes once a second.
    const interval = wants_little_motion() ? 1000 : Math.max(50, 3 * this.cost_);
    const is_due = at - this.drawn_at_ >= interval;
    if (!is_due && this.playback.kind === this.kind_) return;
    this.drawn_at_ = at;
    this.shown_.changed();
  }
}

/** Without motion the whole is shown as soon as it is known. */
function default_speed(): Speed {
  return wants_little_motion() ? Infinity : 10;
}

function state_words(kind: PlaybackKind, at: number): string {
  const when = `${(at / 1000).toFixed(1)} s after the loss`;
  switch (kind) {
    case "playing":
      return when;
    case "waiting":
      return at === 0 ? "computing" : `${when}, computing`;
    case "paused":
      return `paused, ${when}`;
    case "over":
      return `over, ${when}`;
  }
}
