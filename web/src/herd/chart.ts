// Curves over the seconds since the loss.
import uPlot from "uplot";
import { on_theme, theme_colour } from "../shell/theme.ts";
import { count_words, seconds_words, thinned } from "./scales.ts";

export interface Curve {
  /** A custom property of the style sheet, without its dashes. */
  readonly colour: string;
  /** For each slot; none behind the last. */
  readonly values: ArrayLike<number>;
  /** Lengths of dashes and gaps, so that a line is told by more than its colour; none: whole. */
  readonly dashes: number[];
}

/** What the axes reach to, and what is marked on them. Times are milliseconds after the loss. */
export interface Frame {
  readonly slot_ms: number;
  readonly end: number;
  /** The most that a slot may have; "back" always goes to the whole. */
  readonly top: number;
  /** The server is away until then: shaded. */
  readonly down: number;
  /** What the server admits in a slot: a broken line. */
  readonly fair: number;
  /** When all could be back at best: an upright line, where there is one. */
  readonly ideal?: number | undefined;
}

/**
 * "strip": arrivals on a logarithmic scale, for a stampede is thousands of times what the server
 * admits; one below the other, so without the words of the time axis. "arrivals": of a few hundred,
 * on a plain scale. "back": the share that is back.
 */
export type Kind = "arrivals" | "strip" | "back";

/** More points than this no screen shows, and drawing them would hold up the page. */
const points_max = 800;
/** A logarithmic scale has no nought: this is its foot, so low that one arrival shows. */
const foot = 0.7;
const font = "12px 'Archivo Variable', system-ui, sans-serif";
const compact = new Intl.NumberFormat("en", { notation: "compact" });

export class HerdChart {
  private plot_: uPlot | undefined;
  private shape_ = "";
  private frame_: Frame = { slot_ms: 100, end: 1000, top: 100, down: 0, fair: 0 };
  private readonly observer_: ResizeObserver;
  private readonly no_theme_: () => void;

  constructor(
    private readonly place_: HTMLElement,
    private readonly kind_: Kind,
  ) {
    this.observer_ = new ResizeObserver(() => this.plot_?.setSize(this.size()));
    this.observer_.observe(place_);
    this.no_theme_ = on_theme(() => this.plot_?.redraw());
  }

  destroy(): void {
    this.observer_.disconnect();
    this.no_theme_();
    this.plot_?.destroy();
  }

  show(curves: readonly Curve[], frame: Frame): void {
    this.frame_ = frame;
    const shape = curves.map(({ colour }) => colour).join();
    if (!this.plot_ || shape !== this.shape_) {
      this.plot_?.destroy();
      this.shape_ = shape;
      this.plot_ = new uPlot(this.options(curves), [[], ...curves.map(() => [])], this.place_);
    }
    const slots = Math.max(1, Math.ceil(frame.end / frame.slot_ms));
    const step = Math.max(1, Math.ceil(slots / points_max));
    const length = Math.ceil(slots / step);
    this.plot_.setData([
      Array.from({ length }, (_, index) => (index * step * frame.slot_ms) / 1000),
      ...curves.map(({ values }) => {
        const shown = thinned(values, slots, points_max);
        return Array.from({ length }, (_, index) => {
          const value = shown[index];
          if (value === undefined) return null;
          return this.kind_ === "strip" ? Math.max(value, foot) : value;
        });
      }),
    ] as uPlot.AlignedData);
  }

  private size(): { width: number; height: number } {
    return { width: this.place_.clientWidth, height: this.place_.clientHeight };
  }

  private options(curves: readonly Curve[]): uPlot.Options {
    const is_share = this.kind_ === "back";
    const is_strip = this.kind_ === "strip";
    return {
      ...this.size(),
      // All charts of the page have the same time at the same place.
      padding: [is_strip ? 6 : 10, 16, is_strip ? 6 : 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [0, Math.max(1, this.frame_.end / 1000)] },
        y: is_strip
          ? { distr: 3, log: 10, range: () => [foot, Math.max(20, this.frame_.top * 1.3)] }
          : { range: () => [0, is_share ? 1 : Math.max(this.frame_.top, this.frame_.fair) * 1.15] },
      },
      axes: [this.time_axis(), this.value_axis()],
      series: [
        {},
        ...curves.map(({ colour, dashes }, index) => ({
          stroke: () => theme_colour(colour),
          width: index === 0 && is_share ? 2.5 : 1.5,
          dash: dashes,
          spanGaps: false,
          points: { show: false },
          ...(!is_share && { paths: uPlot.paths.stepped!({ align: 1 }) }),
          ...(!is_share && {
            fill: () => `${theme_colour(colour)}40`,
            fillTo: () => (is_strip ? foot : 0),
          }),
        })),
      ],
      hooks: {
        drawClear: [(plot) => this.shade_outage(plot)],
        draw: [(plot) => this.draw_marks(plot)],
      },
    };
  }

  private time_axis(): uPlot.Axis {
    const is_silent = this.kind_ === "strip";
    return {
      size: is_silent ? 0 : 26,
      font,
      stroke: () => theme_colour("ink-soft"),
      grid: { stroke: () => theme_colour("rule"), width: 1 },
      ticks: { show: false },
      space: 56,
      values: (_, splits) => splits.map((at) => (is_silent ? "" : `${count_words(at)} s`)),
    };
  }

  private value_axis(): uPlot.Axis {
    return {
      size: 48,
      font,
      stroke: () => theme_colour("ink-soft"),
      grid: { stroke: () => theme_colour("rule"), width: 1 },
      ticks: { show: false },
      ...this.value_marks(),
    };
  }

  private value_marks(): Partial<uPlot.Axis> {
    switch (this.kind_) {
      case "arrivals":
        return { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] };
      case "back":
        return {
          splits: () => [0, 0.5, 1],
          values: (_, splits) => splits.map((one) => `${one * 100} %`),
        };
      case "strip":
        return {
          splits: () => [1, 100, 10_000, 1_000_000].filter((at) => at <= this.frame_.top * 1.3),
          filter: (_, splits) => splits,
          values: (_, splits) => splits.map((one) => compact.format(one)),
        };
    }
  }

  private shade_outage(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const end = Math.min(this.frame_.down / 1000, plot.scales["x"]?.max ?? 0);
    if (end <= 0) return;
    ctx.fillStyle = theme_colour("lost-soft");
    ctx.fillRect(bbox.left, bbox.top, plot.valToPos(end, "x", true) - bbox.left, bbox.height);
  }

  private draw_marks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const { fair, ideal, end } = this.frame_;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = theme_colour("ink-soft");
    ctx.lineWidth = ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    if (this.kind_ === "arrivals" || (this.kind_ === "strip" && fair > foot)) {
      const y = Math.round(plot.valToPos(fair, "y", true)) + 0.5;
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
    }
    if (ideal !== undefined && ideal < end) {
      const x = Math.round(plot.valToPos(ideal / 1000, "x", true)) + 0.5;
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      if (this.kind_ === "back") {
        this.write_ideal(plot, x, `ideal ${seconds_words(ideal)}`);
      }
    }
    ctx.stroke();
    ctx.restore();
  }

  // Beside its line, on a ground of its own, for curves pass there.
  private write_ideal({ ctx, bbox }: uPlot, x: number, words: string): void {
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.setLineDash([]);
    ctx.font = `${12 * ratio}px 'Archivo Variable', system-ui, sans-serif`;
    const width = ctx.measureText(words).width;
    const is_room = bbox.left + bbox.width - x > width + 10 * ratio;
    ctx.textAlign = is_room ? "left" : "right";
    ctx.textBaseline = "middle";
    const at = [x + (is_room ? 6 : -6) * ratio, bbox.top + bbox.height * 0.62] as const;
    ctx.lineWidth = 6 * ratio;
    ctx.lineJoin = "round";
    ctx.strokeStyle = theme_colour("ground");
    ctx.strokeText(words, ...at);
    ctx.fillStyle = theme_colour("ink-soft");
    ctx.fillText(words, ...at);
    ctx.restore();
  }
}
