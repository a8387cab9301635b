// One row of the replayed file, and what the ticker keeps of each symbol. Pure.

/** A price as the page uses it. */
export interface Price {
  symbol: string;
  price: number;
  /** The day it was quoted for, in milliseconds since 1970. */
  day: number;
}

/** Reads a published row (`{"symbol":"IBM","date":"Jan 1 2000","price":100.52}`) or throws. */
export function parse_price(data: unknown): Price {
  if (typeof data !== "object" || data === null) throw new TypeError("a price is an object");
  const row = data as Record<string, unknown>;
  // A CSV file knows no types, so a number may have come as text.
  const price = Number(row.price);
  const day = Date.parse(`${String(row.date)} UTC`);
  if (typeof row.symbol !== "string" || !Number.isFinite(price) || Number.isNaN(day)) {
    throw new TypeError("a price has symbol, date and price");
  }
  return { symbol: row.symbol, price, day };
}

/** The replay goes round and round: each round is one pass through the file's years. */
export interface Pass {
  days: number[];
  prices: number[];
}

export class Series {
  /** The pass under way. */
  current: Pass = { days: [], prices: [] };
  /** The one before, which shows where the current one is heading. */
  previous: Pass = { days: [], prices: [] };

  constructor(readonly symbol: string) {}

  add({ day, price }: Price): void {
    const last = this.current.days.at(-1);
    if (last !== undefined && day <= last) {
      this.previous = this.current;
      this.current = { days: [], prices: [] };
    }
    this.current.days.push(day);
    this.current.prices.push(price);
  }

  get day(): number | undefined {
    return this.current.days.at(-1);
  }

  get price(): number | undefined {
    return this.current.prices.at(-1);
  }

  /** The change since the month before as a share, or nothing at the beginning of a pass. */
  get change(): number | undefined {
    const before = this.current.prices.at(-2);
    return this.price === undefined || before === undefined ? undefined : this.price / before - 1;
  }

  /** The newest prices, oldest first; reaches back into the previous pass. */
  newest(count: number): number[] {
    return [...this.previous.prices, ...this.current.prices].slice(-count);
  }

  /** Lowest and highest price of both passes. */
  get range(): [number, number] {
    const all = [...this.previous.prices, ...this.current.prices];
    return [Math.min(...all), Math.max(...all)];
  }

  /** First and last day of both passes. */
  get span(): [number, number] {
    const all = [...this.previous.days, ...this.current.days];
    return [Math.min(...all), Math.max(...all)];
  }
}
