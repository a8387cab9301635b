// Draws one channel: on the left what is held before the gate, behind it the flow of what arrived.
import { theme_colour } from "../shell/theme.ts";
import type { Flow } from "./flow.ts";

// A hundred messages fill the channel; a square root keeps single ones visible.
const full = 100;
const gate_share = 0.16;

export class ChannelPicture {
  private readonly context_: CanvasRenderingContext2D;
  private held_ = 0;

  constructor(
    private readonly canvas_: HTMLCanvasElement,
    private readonly colour_: string,
  ) {
    const context = canvas_.getContext("2d");
    if (!context) throw new Error("this browser draws no canvas");
    this.context_ = context;
    new ResizeObserver(() => this.fit()).observe(canvas_);
    this.fit();
  }

  draw(now: number, held: number, flow: Flow): void {
    const { width, height } = this.canvas_;
    const context = this.context_;
    const gate = Math.round(width * gate_share);
    const line = 2 * devicePixelRatio;
    const colour = theme_colour(this.colour_);
    context.clearRect(0, 0, width, height);
    context.fillStyle = colour;

    // The pool rises by the message and falls fast, but not in a blink.
    this.held_ += (held - this.held_) * (held < this.held_ ? 0.25 : 0.5);
    const pool = depth(this.held_) * height;
    context.globalAlpha = 0.85;
    context.fillRect(0, height - pool, gate - line, pool);

    const step = 3 * devicePixelRatio;
    const steps = Math.ceil((width - gate) / step) + 1;
    const levels = flow.levels(now, steps);
    context.beginPath();
    context.moveTo(gate + line, height);
    for (let index = 0; index < steps; index += 1) {
      const x = Math.min(width, gate + line + index * step);
      context.lineTo(x, height - depth(levels[index] ?? 0) * height);
    }
    context.lineTo(width, height);
    context.closePath();
    context.globalAlpha = 0.5;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = line * 0.75;
    context.strokeStyle = colour;
    context.stroke();

    context.fillStyle = theme_colour("ink");
    context.fillRect(gate - line / 2, 0, line, height - depth(levels[0] ?? 0) * height);
  }

  private fit(): void {
    this.canvas_.width = Math.round(this.canvas_.clientWidth * devicePixelRatio);
    this.canvas_.height = Math.round(this.canvas_.clientHeight * devicePixelRatio);
  }
}

function depth(messages: number): number {
  return Math.min(1, Math.sqrt(Math.max(0, messages) / full)) * 0.94;
}
