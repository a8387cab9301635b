// What a run has told so far, and what was known of it at any moment since the loss: it is computed faster than it is
// shown. Pure.
import { type Figures, slotMs } from "./model.ts";
import type { Order, Progress } from "./run.ts";

/** One policy at one moment: as its figures, of what had happened by then. */
export interface Moment {
  /** Milliseconds from the loss until so many were back; NaN: not yet. */
  readonly half: number;
  readonly most: number;
  readonly all: number;
  readonly peak: number;
  readonly triesMean: number;
  readonly back: number;
}

/** For each slot; sums and maxima are of it and all before. */
interface Track {
  arrivals: number[];
  back: number[];
  peak: number[];
  tries: number[];
  figures: Figures | undefined;
}

export class Recording {
  /** Milliseconds after the loss up to which the run has been told. */
  until = 0;
  done = false;
  private readonly tracks_: Track[];

  constructor(readonly order: Order) {
    this.tracks_ = order.policies.map(() => ({
      ...{ arrivals: [], back: [], peak: [], tries: [] },
      figures: undefined,
    }));
  }

  add({ until, pieces, done }: Progress): void {
    this.until = until;
    this.done = done;
    pieces.forEach(({ from, slots, figures }, index) => {
      const track = this.tracks_[index];
      if (!track) return;
      track.figures = figures;
      const set = (at: number, arrivals: number, recovered: number): void => {
        track.arrivals[at] = arrivals;
        track.back[at] = (track.back[at - 1] ?? 0) + recovered;
        track.peak[at] = Math.max(track.peak[at - 1] ?? 0, arrivals);
        track.tries[at] = (track.tries[at - 1] ?? 0) + arrivals;
      };
      if (slots.arrivals.length === 0) return;
      // Where nothing happened for a while, nothing was told.
      for (let at = track.arrivals.length; at < from; at += 1) set(at, 0, 0);
      slots.arrivals.forEach((arrivals, offset) =>
        set(from + offset, arrivals, slots.recovered[offset] ?? 0),
      );
    });
    // The last step is longer than what happened in it.
    if (done) this.until = Math.max(0, ...this.tracks_.map(({ back }) => back.length * slotMs));
  }

  /** The soonest that anyone could have them all back; nothing before the first report. */
  get ideal(): number | undefined {
    return this.tracks_[0]?.figures?.ideal;
  }

  /** The figures of the whole run, once it is done. */
  figures(policy: number): Figures | undefined {
    return this.done ? this.tracks_[policy]?.figures : undefined;
  }

  /** Arrivals of each slot until `at`. */
  arrivals(policy: number, at: number): readonly number[] {
    return this.tracks_[policy]?.arrivals.slice(0, slots_until(at)) ?? [];
  }

  /** Who is back at the end of each slot until `at`; who is back stays so when nobody comes any more. */
  back(policy: number, at: number): readonly number[] {
    const back = this.tracks_[policy]?.back.slice(0, slots_until(at)) ?? [];
    const missing = slots_until(Math.min(at, this.until)) - back.length;
    const last = back.at(-1);
    return last === undefined || missing <= 0 ? back : [...back, ...Array<number>(missing).fill(last)];
  }

  moment(policy: number, at: number): Moment {
    const track = this.tracks_[policy];
    const count = Math.min(slots_until(at), track?.back.length ?? 0);
    const of = (values: readonly number[] | undefined): number => values?.[count - 1] ?? 0;
    const known = (time: number | undefined): number =>
      time !== undefined && time <= at ? time : NaN;
    return {
      half: known(track?.figures?.half),
      most: known(track?.figures?.most),
      all: known(track?.figures?.all),
      peak: of(track?.peak),
      triesMean: of(track?.tries) / this.order.settings.clients,
      back: of(track?.back),
    };
  }
}

function slots_until(at: number): number {
  return Math.floor(at / slotMs);
}
