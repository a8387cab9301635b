// The chart of the last minute's latencies: one dot per message, one colour per transport, a
// logarithmic scale from 1 ms to 10 s that never jumps.
import uPlot from "uplot";
import type { Meter } from "./meter.ts";
import { theme_colour, on_theme } from "./theme.ts";
import { transports } from "./transports.ts";
import { wants_little_motion } from "./dom.ts";

const window_seconds = 60;
const latency_min = 0.5;
const latency_max = 10_000;
const labelled = [1, 10, 100, 1000, 10_000];

export class LatencyChart {
  private readonly plot_: uPlot;
  private drawn_at_ = 0;

  constructor(
    private readonly place_: HTMLElement,
    private readonly meter_: Meter,
  ) {
    this.plot_ = new uPlot(this.options(), [[], ...transports.map(() => [])], place_);
    new ResizeObserver(() => this.plot_.setSize(this.size())).observe(place_);
    on_theme(() => this.plot_.redraw());
    const frame = (at: number): void => {
      // Ten frames a second read as steady; with reduced motion the picture changes once a second.
      if (at - this.drawn_at_ >= (wants_little_motion() ? 1000 : 100)) {
        this.drawn_at_ = at;
        this.draw(Date.now());
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  private draw(now: number): void {
    this.meter_.trim(now);
    const { samples } = this.meter_;
    const visible = (latency: number): number =>
      Math.min(latency_max, Math.max(latency_min, latency));
    this.plot_.setData(
      [
        samples.map(({ at }) => at / 1000),
        ...transports.map((transport) =>
          samples.map((s) => (s.transport === transport ? visible(s.latency) : null)),
        ),
      ],
      false,
    );
    this.plot_.setScale("x", { min: now / 1000 - window_seconds, max: now / 1000 });
  }

  private size(): { width: number; height: number } {
    return { width: this.place_.clientWidth, height: this.place_.clientHeight };
  }

  private options(): uPlot.Options {
    const font = "12px 'Archivo Variable', system-ui, sans-serif";
    return {
      ...this.size(),
      pxAlign: 0,
      padding: [8, 16, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, auto: false },
        y: { distr: 3, log: 10, range: () => [latency_min, latency_max] },
      },
      axes: [
        {
          size: 24,
          font,
          gap: 4,
          stroke: () => theme_colour("ink-soft"),
          grid: { show: false },
          ticks: { show: false },
          splits: (plot) => {
            const end = plot.scales.x?.max ?? 0;
            return [end - 60, end - 40, end - 20, end];
          },
          values: (plot, splits) => {
            const end = plot.scales.x?.max ?? 0;
            return splits.map((at) => (at === end ? "now" : `−${Math.round(end - at)} s`));
          },
        },
        {
          size: 44,
          font,
          gap: 6,
          stroke: () => theme_colour("ink-soft"),
          grid: { stroke: () => theme_colour("rule"), width: 1 },
          ticks: { show: false },
          splits: () => labelled,
          filter: (_, splits) => splits,
          values: (_, splits) => splits.map((ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`)),
        },
      ],
      series: [
        {},
        ...transports.map((transport) => ({
          label: transport,
          stroke: () => theme_colour(transport),
          paths: () => null,
          points: { show: true, size: 4, width: 0, fill: () => theme_colour(transport) },
        })),
      ],
      hooks: { drawClear: [(plot) => this.draw_marks(plot)] },
    };
  }

  // The times without a line are shaded; the moment of return is a line.
  private draw_marks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const end = plot.scales.x?.max ?? 0;
    const right = bbox.left + bbox.width;
    let lost_from: number | undefined;
    const shade = (from: number, to: number): void => {
      ctx.fillStyle = theme_colour("lost-soft");
      ctx.fillRect(from, bbox.top, Math.max(1, to - from), bbox.height);
    };
    ctx.save();
    for (const mark of this.meter_.marks) {
      const x = Math.max(bbox.left, plot.valToPos(Math.min(mark.at / 1000, end), "x", true));
      if (mark.kind === "lost") lost_from = x;
      else {
        // The loss itself may have left the window.
        shade(lost_from ?? bbox.left, x);
        lost_from = undefined;
      }
    }
    if (lost_from !== undefined) shade(lost_from, right);
    ctx.restore();
  }
}
