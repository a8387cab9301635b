// A curve for each policy over the seconds since the loss.
import uPlot from "uplot";
import { on_theme, theme_colour } from "../shell/theme.ts";
import { thinned } from "./scales.ts";

export interface Curve {
  /** A custom property of the style sheet, without its dashes. */
  readonly colour: string;
  readonly values: ArrayLike<number>;
  /** Lengths of dashes and gaps, so that a line is told by more than its colour; none: whole. */
  readonly dashes: number[];
}

/** More points than this no screen shows, and drawing them would hold up the page. */
const points_max = 800;

/** "arrivals" has a logarithmic scale: a stampede is thousands of times what the server admits. */
export type Kind = "arrivals" | "back";

const compact = new Intl.NumberFormat("en", { notation: "compact" });

export class HerdChart {
  private plot_: uPlot | undefined;
  private shape_ = "";
  /** What the server admits in a slot. */
  private fair_ = 0;
  /** Seconds that the server is away. */
  private down_ = 0;

  constructor(
    private readonly place_: HTMLElement,
    private readonly kind_: Kind,
  ) {
    new ResizeObserver(() => this.plot_?.setSize(this.size())).observe(place_);
    on_theme(() => this.plot_?.redraw());
  }

  show(curves: readonly Curve[], slot_seconds: number, fair: number, down: number): void {
    this.fair_ = fair;
    this.down_ = down;
    const shape = curves.map(({ colour }) => colour).join();
    if (!this.plot_ || shape !== this.shape_) {
      this.plot_?.destroy();
      this.shape_ = shape;
      this.plot_ = new uPlot(this.options(curves), [[], ...curves.map(() => [])], this.place_);
    }
    const slots = Math.max(1, ...curves.map(({ values }) => values.length));
    const step = Math.max(1, Math.ceil(slots / points_max));
    const length = Math.ceil(slots / step);
    this.plot_.setData([
      Array.from({ length }, (_, index) => index * step * slot_seconds),
      ...curves.map((curve) => {
        const values = thinned(curve.values, slots, points_max);
        const last = values.at(-1);
        return Array.from({ length }, (_, index) => {
          const value = values[index];
          // Who is back stays so, while nobody arrives any more.
          if (this.kind_ === "back") return value ?? last;
          // A logarithmic scale has no nought: it is drawn at the foot, where a spike begins.
          return value === undefined ? null : Math.max(value, 1);
        });
      }),
    ] as uPlot.AlignedData);
  }

  private size(): { width: number; height: number } {
    return { width: this.place_.clientWidth, height: this.place_.clientHeight };
  }

  private options(curves: readonly Curve[]): uPlot.Options {
    const font = "12px 'Archivo Variable', system-ui, sans-serif";
    const arrivals = this.kind_ === "arrivals";
    return {
      ...this.size(),
      padding: [10, 16, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: (_, __, max) => [0, Math.max(1, max)] },
        y: arrivals
          ? { distr: 3, log: 10, range: (_, __, max) => [1, Math.max(100, (max || 1) * 1.5)] }
          : { range: () => [0, 1] },
      },
      axes: [
        {
          size: 26,
          font,
          stroke: () => theme_colour("ink-soft"),
          grid: { show: false },
          ticks: { show: false },
          values: (_, splits) => splits.map((at) => `${at} s`),
        },
        {
          size: 48,
          font,
          stroke: () => theme_colour("ink-soft"),
          grid: { stroke: () => theme_colour("rule"), width: 1 },
          ticks: { show: false },
          ...(arrivals
            ? {
                splits: () => [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
                filter: (_: uPlot, splits: number[]) => splits,
                values: (_: uPlot, splits: number[]) => splits.map((one) => compact.format(one)),
              }
            : {
                splits: () => [0, 0.5, 1],
                values: (_: uPlot, splits: number[]) => splits.map((one) => `${one * 100} %`),
              }),
        },
      ],
      series: [
        {},
        ...curves.map(({ colour, dashes }, index) => ({
          stroke: () => theme_colour(colour),
          width: index === 0 ? 2.5 : 1.5,
          dash: dashes,
          spanGaps: false,
          points: { show: false },
        })),
      ],
      hooks: {
        drawClear: [(plot) => this.shade_outage(plot)],
        drawAxes: [(plot) => this.draw_fair_share(plot)],
      },
    };
  }

  private shade_outage(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const end = Math.min(this.down_, plot.scales["x"]?.max ?? 0);
    if (end <= 0) return;
    ctx.fillStyle = theme_colour("lost-soft");
    ctx.fillRect(bbox.left, bbox.top, plot.valToPos(end, "x", true) - bbox.left, bbox.height);
  }

  // A broken line where the server is just busy.
  private draw_fair_share(plot: uPlot): void {
    if (this.kind_ !== "arrivals" || this.fair_ < 1) return;
    const { ctx, bbox } = plot;
    const y = plot.valToPos(this.fair_, "y", true);
    ctx.save();
    ctx.strokeStyle = theme_colour("ink-soft");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
