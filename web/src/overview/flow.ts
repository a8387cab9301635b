// What one channel of the opening picture knows: what has been published and not arrived (held
// before its gate), and how much arrived when (the flow behind it). Pure.

/** How long an arrival is seen to flow away, in milliseconds. */
export const visible_ms = 9000;
const fade_ms = 420;

/** The messages that any channel has seen, so that the others know what they are waiting for. */
export class Published {
  private ids_: number[] = [];

  /** Notes an id; channels may bring the same id in any order. */
  add(id: number): void {
    const newest = this.ids_.at(-1);
    if (newest === undefined || id > newest) this.ids_.push(id);
    if (this.ids_.length > 4000) this.ids_.splice(0, 2000);
  }

  /** How many messages behind `id` are known to be published. */
  behind(id: number): number {
    let low = 0;
    let high = this.ids_.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ids_[middle] ?? Infinity) > id) high = middle;
      else low = middle + 1;
    }
    return this.ids_.length - low;
  }

  /** A new epoch counts from the beginning. */
  clear(): void {
    this.ids_ = [];
  }
}

/** Arrivals as a flow: each adds at once and fades, like water let through a gate. */
export class Flow {
  private readonly arrivals_: { at: number; count: number }[] = [];

  add(at: number): void {
    const newest = this.arrivals_.at(-1);
    // What comes in one turn is one arrival.
    if (newest && at - newest.at < 8) newest.count += 1;
    else this.arrivals_.push({ at, count: 1 });
  }

  trim(now: number): void {
    const oldest = now - visible_ms - 6 * fade_ms;
    while ((this.arrivals_[0]?.at ?? Infinity) < oldest) this.arrivals_.shift();
  }

  /**
   * The flow at `steps` times, from `now` back to `now - visible_ms`, so that index 0 is at the
   * gate. One pass over time, oldest first: the level fades between arrivals.
   */
  levels(now: number, steps: number): Float32Array {
    const levels = new Float32Array(steps);
    const step_ms = visible_ms / Math.max(1, steps - 1);
    const fade = Math.exp(-step_ms / fade_ms);
    let level = 0;
    let next = 0;
    const take = (until: number): void => {
      for (; next < this.arrivals_.length; next += 1) {
        const arrival = this.arrivals_[next];
        if (!arrival || arrival.at > until) return;
        level += arrival.count * Math.exp(-(until - arrival.at) / fade_ms);
      }
    };
    take(now - visible_ms);
    for (let index = steps - 1; index >= 0; index -= 1) {
      const time = now - index * step_ms;
      if (index < steps - 1) level *= fade;
      take(time);
      levels[index] = level;
    }
    return levels;
  }
}
