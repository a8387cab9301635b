// A strip of arrivals for each policy, below each other on the same axes, and who is back in one chart below them.
import { element, required, set_text } from "../shell/dom.ts";
import { HerdChart } from "./chart.ts";
import { slotMs } from "./model.ts";
import type { Recording } from "./recording.ts";
import { share_words } from "./scales.ts";

/** How one policy looks wherever it is shown. */
export interface Look {
  readonly name: string;
  readonly words: string;
  readonly summary: string;
  readonly colour: string;
  readonly dashes: number[];
}

interface Strip {
  readonly item: HTMLLIElement;
  readonly chart: HerdChart;
  readonly now: HTMLElement;
}

export class Pictures {
  private readonly list_ = required("#strips", HTMLOListElement);
  private readonly back_ = new HerdChart(required("#back-chart", HTMLElement), "back");
  private looks_: readonly Look[] = [];
  private strips_: Strip[] = [];
  private end_ = 0;

  /** Another run is shown from now on. */
  begin(looks: readonly Look[]): void {
    this.end_ = 0;
    const is_same =
      looks.length === this.looks_.length &&
      looks.every(({ name, colour }, index) => {
        const shown = this.looks_[index];
        return name === shown?.name && colour === shown.colour;
      });
    this.looks_ = looks;
    if (is_same) return;
    for (const { chart } of this.strips_) chart.destroy();
    this.strips_ = looks.map(make_strip);
    this.list_.replaceChildren(...this.strips_.map(({ item }) => item));
  }

  show(recording: Recording, at: number): void {
    const { clients, rate, down } = recording.order.settings;
    const { ideal } = recording;
    this.end_ = end_of(this.end_, ideal ?? 0, at, recording);
    const frame = { slot_ms: slotMs, end: this.end_, down, fair: (rate * slotMs) / 1000, ideal };
    this.strips_.forEach(({ chart, now }, index) => {
      const { colour } = this.looks_[index]!;
      const values = recording.arrivals(index, at);
      chart.show([{ colour, dashes: [], values }], { ...frame, top: clients });
      set_text(now, `${share_words(recording.moment(index, at).back, clients)} back`);
    });
    this.back_.show(
      this.looks_.map(({ colour, dashes }, index) => ({
        ...{ colour, dashes },
        values: recording.back(index, at).map((back) => back / clients),
      })),
      { ...frame, top: 1 },
    );
  }

  /** Milliseconds after the loss that the pictures reach to. */
  get end(): number {
    return this.end_;
  }
}

/** The axis reaches somewhat beyond the ideal, and grows in steps, so that it does not move all the time. */
function end_of(before: number, ideal: number, at: number, { done, until }: Recording): number {
  let end = Math.max(before, 1.25 * ideal, 1000);
  while (end < at) end *= 1.5;
  return done ? Math.min(end, Math.max(until, 1.25 * ideal, 1000)) : end;
}

function make_strip({ name, words, summary, colour }: Look): Strip {
  const place = element("div", {
    class: "herd-strip-chart",
    role: "img",
    "aria-label": `Arrivals with ${words}, tenth of a second by tenth; the table below has the figures`,
  });
  const now = element("p", { class: "herd-strip-now" });
  const item = element(
    "li",
    { class: "herd-strip", "data-strip": name },
    element(
      "div",
      { class: "herd-strip-head" },
      element(
        "h3",
        {},
        element("span", { class: `key key-${colour}`, "aria-hidden": "true" }),
        words,
      ),
      element("p", { class: "herd-strip-rule" }, summary),
      now,
    ),
    place,
  );
  return { item, now, chart: new HerdChart(place, "strip") };
}
