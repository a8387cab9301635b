// One row of the ticker's table.
import { element, set_text, wants_little_motion } from "../shell/dom.ts";
import { theme_colour } from "../shell/theme.ts";
import type { Series } from "./price.ts";
import { company_name, money, percent } from "./words.ts";

const svg = "http://www.w3.org/2000/svg";
const spark_points = 60;
const spark_width = 120;
const spark_height = 32;

export class QuoteRow {
  readonly row: HTMLTableRowElement;
  private readonly button_: HTMLButtonElement;
  private readonly price_ = element("td", { class: "number price" });
  private readonly change_ = element("td", { class: "number change" });
  private readonly low_ = element("td", { class: "number range-column" });
  private readonly high_ = element("td", { class: "number range-column" });
  private readonly spark_ = document.createElementNS(svg, "path");
  private shown_price_: number | undefined;

  constructor(
    private readonly series_: Series,
    on_choose: (symbol: string) => void,
  ) {
    const { symbol } = series_;
    this.button_ = element(
      "button",
      { type: "button", class: "symbol-button", "aria-pressed": "false" },
      element("span", { class: "symbol" }, symbol),
      element("span", { class: "company" }, company_name(symbol)),
    );
    this.button_.addEventListener("click", () => on_choose(symbol));
    const picture = document.createElementNS(svg, "svg");
    picture.setAttribute("viewBox", `0 0 ${spark_width} ${spark_height}`);
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    picture.append(this.spark_);
    this.row = element(
      "tr",
      {},
      element("th", { scope: "row" }, this.button_),
      element("td", { class: "spark-column" }, picture),
      this.price_,
      this.change_,
      this.low_,
      this.high_,
    );
  }

  choose(chosen: boolean): void {
    this.button_.setAttribute("aria-pressed", String(chosen));
    this.row.toggleAttribute("data-chosen", chosen);
  }

  show(): void {
    const { price, change, range } = this.series_;
    if (price === undefined) return;
    set_text(this.price_, money(price));
    set_text(this.change_, percent(change));
    this.change_.dataset.direction = direction(change ?? 0);
    set_text(this.low_, money(range[0]));
    set_text(this.high_, money(range[1]));
    this.spark_.setAttribute("d", spark_path(this.series_.newest(spark_points)));
    if (this.shown_price_ !== undefined && this.shown_price_ !== price) {
      this.flash(price - this.shown_price_);
    }
    this.shown_price_ = price;
  }

  private flash(difference: number): void {
    if (wants_little_motion()) return;
    const colour = theme_colour(difference > 0 ? "up-soft" : "down-soft");
    this.price_.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], {
      duration: 600,
      easing: "ease-out",
    });
  }
}

export function direction(change: number): "up" | "down" | "same" {
  return change > 0 ? "up" : change < 0 ? "down" : "same";
}

function spark_path(prices: readonly number[]): string {
  const low = Math.min(...prices);
  const height = Math.max(...prices) - low || 1;
  const step = spark_width / Math.max(1, prices.length - 1);
  return prices
    .map((price, index) => {
      const y = spark_height - 2 - ((price - low) / height) * (spark_height - 4);
      return `${index === 0 ? "M" : "L"}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}
