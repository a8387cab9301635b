// The sliders' scales: position 0 to 1000 to a value in steps that read well.

export interface Scale {
  readonly min: number;
  readonly max: number;
  /** Logarithmic: each third of the way multiplies by the same. */
  readonly log: boolean;
}

export const positions = 1000;

export const scales = {
  clients: { min: 100, max: 1_000_000, log: true },
  down: { min: 0, max: 60, log: false },
  rate: { min: 50, max: 50_000, log: true },
  burst: { min: 1, max: 1000, log: true },
} as const satisfies Record<string, Scale>;

/** The value at a position, rounded to two digits that count. */
export function value_at(scale: Scale, position: number): number {
  const part = Math.min(1, Math.max(0, position / positions));
  if (!scale.log) return Math.round(scale.min + part * (scale.max - scale.min));
  return Number((scale.min * (scale.max / scale.min) ** part).toPrecision(2));
}

export function position_of(scale: Scale, value: number): number {
  const part = scale.log
    ? Math.log(value / scale.min) / Math.log(scale.max / scale.min)
    : (value - scale.min) / (scale.max - scale.min);
  return Math.round(Math.min(1, Math.max(0, part)) * positions);
}

const numbers = new Intl.NumberFormat("en");

export function count_words(value: number): string {
  return numbers.format(value);
}

/** "850 ms", "12.3 s"; "never" for NaN. */
export function seconds_words(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return "never";
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * At most `most` values for as many as there are: the greatest of each group, so that a spike stays
 * in sight however long the run. What only rises keeps its last value so, too.
 */
export function thinned(values: ArrayLike<number>, length: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(length / most));
  const kept: number[] = [];
  for (let from = 0; from < values.length; from += step) {
    let greatest = 0;
    for (let at = from; at < Math.min(from + step, values.length); at++) {
      greatest = Math.max(greatest, values[at] ?? 0);
    }
    kept.push(greatest);
  }
  return kept;
}
