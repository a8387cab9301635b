// Computes the herds of several policies side by side in steps, so that the page can draw them as they come and a newer
// order can end an older one.
import { type Figures, type Herd, type Model, type Settings, type Slots, slotMs } from "./model.ts";

/** What the page asks for. `run` counts up: answers to an older one are not drawn. */
export interface Order {
  readonly run: number;
  readonly settings: Settings;
  /** Names, in the order of the drawing. */
  readonly policies: readonly string[];
}

/** What one policy has become since the report before. */
export interface Piece {
  /** Its slots from `from` on; the first ones may correct what was told before. */
  readonly from: number;
  readonly slots: Slots;
  readonly figures: Figures;
}

export interface Progress {
  readonly kind: "progress";
  readonly run: number;
  /** Milliseconds after the loss up to which all is told. */
  readonly until: number;
  readonly pieces: readonly Piece[];
  readonly done: boolean;
}

export type Report =
  | { kind: "policies"; policies: readonly { name: string; summary: string; kind: string }[] }
  | { kind: "refused"; run: number; reason: string }
  /** There is no model, and there will be none. */
  | { kind: "broken"; reason: string }
  | Progress;

/** Milliseconds of the model in a step: short, for a million clients take their time. */
const step = 500;

export class Run {
  private readonly herds_: Herd[] = [];
  private until_ = 0;
  private told_ = 0;
  private done_ = false;

  constructor(
    model: Model,
    private readonly order_: Order,
  ) {
    try {
      for (const name of order_.policies) {
        const policy = model.policies.find((one) => one.name === name);
        if (!policy) throw new RangeError(`there is no policy '${name}'`);
        this.herds_.push(model.herd(policy, order_.settings));
      }
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Goes on by a step; true: that was the last. */
  advance(): boolean {
    this.until_ += step;
    this.done_ = this.herds_.map((herd) => herd.advance(this.until_)).every((ended) => ended);
    return this.done_;
  }

  /** What has become since the report before. */
  report(): Progress {
    // An event at its very end may have counted into the slot that follows.
    const from = Math.floor(this.told_ / slotMs);
    this.told_ = this.until_;
    return {
      kind: "progress",
      run: this.order_.run,
      until: this.until_,
      pieces: this.herds_.map((herd) => ({
        from,
        slots: herd.slots(from),
        figures: herd.figures(),
      })),
      done: this.done_,
    };
  }

  free(): void {
    for (const herd of this.herds_) herd.free();
  }
}
