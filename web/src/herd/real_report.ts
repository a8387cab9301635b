// What `freshet demo` publishes to demo.herd, checked, for it comes from outside.

export interface RealResult {
  readonly kind: "result";
  readonly clients: number;
  readonly rate: number;
  readonly down_ms: number;
  readonly recovered: number;
  readonly ideal_ms: number;
  /** null: not all came back. */
  readonly all_ms: number | null;
  readonly peak: number;
  readonly tries: number;
  readonly gaps: number;
  /** Messages lost without a gap, and messages that came twice: none, if the promise is kept. */
  readonly lost: number;
  readonly twice: number;
  /** For each slot of 100 ms. */
  readonly arrivals: readonly number[];
  readonly back: readonly number[];
}

/** What an order will do. */
export interface RealPlan {
  readonly kind: "ready";
  readonly clients: number;
  readonly rate: number;
  readonly down_ms: number;
}

export type RealReport =
  | RealPlan
  | { readonly kind: "progress" | "failed"; readonly words: string }
  | RealResult;

const plan = ["clients", "rate", "down_ms"];
const numbers = [...plan, "recovered", "ideal_ms", "peak", "tries", "gaps", "lost", "twice"];

function is_numbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "number");
}

/** Throws for anything else. */
export function parse_report(data: unknown): RealReport {
  const report = data as Record<string, unknown>;
  const has = (names: readonly string[]): boolean =>
    names.every((name) => typeof report[name] === "number");
  const good =
    (report.kind === "ready" && has(plan)) ||
    ((report.kind === "progress" || report.kind === "failed") && typeof report.words === "string") ||
    (report.kind === "result" &&
      has(numbers) &&
      (report.all_ms === null || typeof report.all_ms === "number") &&
      is_numbers(report.arrivals) &&
      is_numbers(report.back));
  if (!good) throw new TypeError("this is no report of a herd");
  return report as unknown as RealReport;
}
