// The chart of one symbol: the pass under way as a line with its newest price marked, and the pass
// before as a faint line, so that the picture never empties when the replay begins anew.
import uPlot from "uplot";
import { on_theme, theme_colour } from "../shell/theme.ts";
import type { Series } from "./price.ts";

export class PriceChart {
  private readonly plot_: uPlot;
  private series_: Series | undefined;

  constructor(private readonly place_: HTMLElement) {
    this.plot_ = new uPlot(this.options(), [[], [], []], place_);
    new ResizeObserver(() => this.plot_.setSize(this.size())).observe(place_);
    on_theme(() => this.plot_.redraw());
  }

  show(series: Series): void {
    this.series_ = series;
    const { current, previous } = series;
    // Both passes quote the same days; a day that only one of them has is a hole in the other.
    const days = [...new Set([...previous.days, ...current.days])].sort((a, b) => a - b);
    const column = (pass: Series["current"]): (number | null)[] => {
      const prices = new Map(pass.days.map((day, index) => [day, pass.prices[index] ?? null]));
      return days.map((day) => prices.get(day) ?? null);
    };
    this.plot_.setData([days.map((day) => day / 1000), column(previous), column(current)]);
  }

  private size(): { width: number; height: number } {
    return { width: this.place_.clientWidth, height: this.place_.clientHeight };
  }

  private options(): uPlot.Options {
    const font = "12px 'Archivo Variable', system-ui, sans-serif";
    const year = new Intl.DateTimeFormat("en", { year: "numeric", timeZone: "UTC" });
    return {
      ...this.size(),
      padding: [12, 14, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { range: (_, min, max) => [min, Math.max(max, min + 86_400)] },
        // From nothing, so that a tall line means a high price.
        y: { range: (_, __, max) => [0, max * 1.08 || 1] },
      },
      axes: [
        {
          size: 28,
          font,
          stroke: () => theme_colour("ink-soft"),
          grid: { show: false },
          ticks: { show: false },
          space: 64,
          incrs: [1, 2, 5].map((years) => years * 365.25 * 86_400),
          splits: (_, __, min, max, increment) => year_starts(min, max, increment),
          values: (_, splits) => splits.map((at) => year.format(at * 1000)),
        },
        {
          size: 48,
          font,
          stroke: () => theme_colour("ink-soft"),
          grid: { stroke: () => theme_colour("rule"), width: 1 },
          ticks: { show: false },
        },
      ],
      series: [
        {},
        {
          stroke: () => theme_colour("rule-strong"),
          width: 1,
          points: { show: false },
        },
        {
          stroke: () => theme_colour("river"),
          fill: () => theme_colour("river-soft"),
          width: 2,
          points: { show: false },
        },
      ],
      hooks: { draw: [(plot) => this.draw_newest(plot)] },
    };
  }

  private draw_newest(plot: uPlot): void {
    const day = this.series_?.day;
    const price = this.series_?.price;
    if (day === undefined || price === undefined) return;
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    ctx.beginPath();
    ctx.arc(
      plot.valToPos(day / 1000, "x", true),
      plot.valToPos(price, "y", true),
      4.5 * ratio,
      0,
      2 * Math.PI,
    );
    ctx.fillStyle = theme_colour("river");
    ctx.fill();
    ctx.lineWidth = 2 * ratio;
    ctx.strokeStyle = theme_colour("ground");
    ctx.stroke();
  }
}

// The first of January of every year, every second or every fifth, in seconds since 1970.
function year_starts(min: number, max: number, increment: number): number[] {
  const step = Math.max(1, Math.round(increment / (365.25 * 86_400)));
  const starts: number[] = [];
  for (let year = new Date(min * 1000).getUTCFullYear(); ; year += step) {
    const at = Date.UTC(year, 0) / 1000;
    if (at > max) return starts;
    if (at >= min) starts.push(at);
  }
}
