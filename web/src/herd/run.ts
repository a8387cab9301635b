// Runs the herds of several policies side by side in slices, so that the page can draw them as they come and a newer
// order can end an older one.
import type { Figures, Herd, Model, Settings, Slots } from "./model.ts";

/** What the page asks for. `run` counts up: answers to an older one are not drawn. */
export interface Order {
  readonly run: number;
  readonly settings: Settings;
  /** Names, in the order of the drawing. */
  readonly policies: readonly string[];
}

export type Report =
  | { kind: "policies"; policies: readonly { name: string; summary: string; kind: string }[] }
  | { kind: "refused"; run: number; reason: string }
  | {
      kind: "progress";
      run: number;
      /** Each policy's slots from the loss on; the last of them may still grow. */
      curves: readonly Slots[];
      figures: readonly Figures[];
      done: boolean;
    };

/** Milliseconds of the model between two reports. */
const slice = 2500;

export class Run {
  private readonly herds_: Herd[];
  private readonly ended_: boolean[];
  private until_ = 0;

  constructor(
    model: Model,
    private readonly order_: Order,
  ) {
    this.herds_ = order_.policies.map((name) => {
      const policy = model.policies.find((one) => one.name === name);
      if (!policy) throw new RangeError(`there is no policy '${name}'`);
      return model.herd(policy, order_.settings);
    });
    this.ended_ = this.herds_.map(() => false);
  }

  /** The next slice; nothing follows one that is done. */
  next(): Report {
    this.until_ += slice;
    this.herds_.forEach((herd, index) => {
      this.ended_[index] ||= herd.advance(this.until_);
    });
    return {
      kind: "progress",
      run: this.order_.run,
      curves: this.herds_.map((herd) => herd.slots()),
      figures: this.herds_.map((herd) => herd.figures()),
      done: this.ended_.every((ended) => ended),
    };
  }

  free(): void {
    for (const herd of this.herds_) herd.free();
  }
}
