// The sliders' stops, and how figures are written.

/** One value for each position of a slider, so that a press of a key is a step that shows. */
export type Scale = readonly number[];

const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

/** The stops of every decade from `min` to `max`. */
function decades(min: number, max: number): number[] {
  const stops: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(min)); decade <= max; decade *= 10) {
    for (const step of steps) stops.push(Math.round(step * decade * 10) / 10);
  }
  return stops.filter((stop) => stop >= min && stop <= max);
}

export const scales = {
  clients: decades(100, 1_000_000),
  /** Seconds. */
  down: [0, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 90, 120, 180, 300],
  /** Clients a second. */
  rate: decades(50, 50_000),
  burst: decades(1, 1000).filter(Number.isInteger),
} as const satisfies Record<string, Scale>;

/** The value at a position; a position beyond the ends is that end. */
export function value_at(scale: Scale, position: number): number {
  const index = Math.min(scale.length - 1, Math.max(0, Math.round(position)));
  return scale[index] ?? NaN;
}

/** The position of the stop that is nearest to a value. */
export function position_of(scale: Scale, value: number): number {
  const within = Math.min(scale.at(-1) ?? NaN, Math.max(scale[0] ?? NaN, value));
  const distance = (index: number): number => Math.abs((scale[index] ?? Infinity) - within);
  let nearest = 0;
  for (let index = 1; index < scale.length; index += 1) {
    if (distance(index) < distance(nearest)) nearest = index;
  }
  return nearest;
}

const numbers = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function count_words(value: number): string {
  return numbers.format(value);
}

/** "850 ms", "12.3 s", "1,234.5 s"; "never" for NaN. All in one unit, for they are compared. */
export function seconds_words(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return "never";
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${tenths.format(milliseconds / 1000)} s`;
}

/** The same words with each number kept beside its unit. */
export function unbroken(words: string): string {
  return words.replace(/(\d) (?=(?:s|ms|min|%)(?!\w))/g, "$1\u00a0");
}

/** "43 %"; the whole only when nobody is missing. */
export function share_words(part: number, whole: number): string {
  if (part >= whole) return "100 %";
  return `${Math.floor((part / whole) * 100)} %`;
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
