// The ticker: a table of symbols that flashes on change, and one symbol's chart.
import "../styles/ticker.css";
import { in_next_frame, required, set_text } from "../shell/dom.ts";
import { start_shell } from "../shell/shell.ts";
import { parse_price, Series, type Price } from "./price.ts";
import { PriceChart } from "./price_chart.ts";
import { direction, QuoteRow } from "./quote_row.ts";
import { company_name, money, month_words, percent } from "./words.ts";

// One pass through the file has 123 months; so much history fills the chart on arrival.
const history = 123;

const { client, count } = start_shell<{ "prices.*": Price }>("feed");
const all = new Map<string, { series: Series; row: QuoteRow }>();
const changed = new Set<string>();
let chosen = "";
// Until somebody chooses, the first of the alphabet is shown.
let was_asked = false;

const table = required("#quotes", HTMLTableSectionElement);
const chart = new PriceChart(required("#quote-chart", HTMLElement));
const quote = {
  symbol: required("#quote-symbol", HTMLElement),
  name: required("#quote-name", HTMLElement),
  price: required("#quote-price", HTMLElement),
  change: required("#quote-change", HTMLElement),
};

const draw = in_next_frame(() => {
  for (const symbol of changed) all.get(symbol)?.row.show();
  if (changed.has(chosen)) show_quote();
  changed.clear();
});

client.subscribe("prices.*", {
  cursor: `last:${history}`,
  parse: parse_price,
  onMessage(message) {
    count.message("prices", message);
    add(message.data);
  },
  onGap: () => count.gap("prices"),
  onLive: () => show_stage(all.size > 0 ? "filled" : "empty"),
  onError: (error) => console.warn(`freshet: ${error.message}`),
});

function add(price: Price): void {
  const entry = all.get(price.symbol) ?? make_row(price.symbol);
  entry.series.add(price);
  changed.add(price.symbol);
  draw();
}

function make_row(symbol: string): { series: Series; row: QuoteRow } {
  const series = new Series(symbol);
  const entry = { series, row: new QuoteRow(series, ask) };
  all.set(symbol, entry);
  // In order of the alphabet, whichever comes first.
  const next = [...all.keys()].sort().find((other) => other > symbol);
  const before = next === undefined ? undefined : all.get(next)?.row.row;
  table.insertBefore(entry.row.row, before ?? null);
  show_stage("filled");
  if (chosen === "" || (!was_asked && symbol < chosen)) choose(symbol);
  return entry;
}

// Until the first price, or the word that there is none, nobody knows which it will be.
function show_stage(stage: "empty" | "filled"): void {
  required("#ticker", HTMLElement).dataset.stage = stage;
  required("#empty", HTMLElement).hidden = stage === "filled";
}

function ask(symbol: string): void {
  was_asked = true;
  choose(symbol);
}

function choose(symbol: string): void {
  chosen = symbol;
  for (const [other, { row }] of all) row.choose(other === symbol);
  set_text(quote.symbol, symbol);
  set_text(quote.name, company_name(symbol));
  changed.add(symbol);
  draw();
}

function show_quote(): void {
  const series = all.get(chosen)?.series;
  if (series?.price === undefined || series.day === undefined) return;
  set_text(quote.price, money(series.price));
  set_text(quote.change, `${percent(series.change)} in ${month_words(series.day)}`);
  quote.change.dataset.direction = direction(series.change ?? 0);
  chart.show(series);
}
