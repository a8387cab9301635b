// Numbers and names as the ticker writes them. Pure.

const names: Record<string, string> = {
  AAPL: "Apple",
  AMZN: "Amazon",
  GOOG: "Google",
  MSFT: "Microsoft",
};

/** The company's name, or nothing for a symbol of another file. */
export function company_name(symbol: string): string {
  return names[symbol] ?? "";
}

const two_digits = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** "1,234.50"; cents count no more in what is very dear. */
export function money(amount: number): string {
  return (Math.abs(amount) < 100_000 ? two_digits : whole).format(amount);
}

/** "+3.4 %", "−1.2 %" (with a true minus), or a dash when there is nothing to compare with. */
export function percent(share: number | undefined): string {
  if (share === undefined) return "–";
  const amount = Math.abs(share * 100).toFixed(1);
  const sign = share > 0 ? "+" : share < 0 ? "−" : "±";
  return `${sign}${amount} %`;
}

const month = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

export function month_words(day: number): string {
  return month.format(day);
}
