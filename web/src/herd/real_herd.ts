// The button that has this page's own server killed under real clients, and the picture of what happened.
import type { Client } from "@freshet/client";
import { required, set_text } from "../shell/dom.ts";
import { HerdChart } from "./chart.ts";
import { slotMs } from "./model.ts";
import { parse_report, type RealPlan, type RealReport, type RealResult } from "./real_report.ts";
import { count_words, seconds_words, unbroken } from "./scales.ts";

export class RealHerd {
  private readonly button_ = required("#kill", HTMLButtonElement);
  private readonly state_ = required("#real-state", HTMLElement);
  private readonly note_ = required("#real-note", HTMLElement);
  private readonly said_ = required("#real-said", HTMLElement);
  private readonly place_ = required("#real-pictures", HTMLElement);
  private charts_: { arrivals: HerdChart; back: HerdChart } | undefined;

  constructor(private readonly client_: Client) {
    client_.subscribe<string, RealReport>("demo.herd", {
      cursor: "last:1",
      parse: parse_report,
      onMessage: ({ data }) => this.show(data),
      onLive: () => {
        if (this.button_.disabled && this.state_.dataset.kind === undefined) {
          set_text(this.state_, "This server cannot be killed from here: that takes freshet demo, which ./dev run starts.");
        }
      },
      onError: ({ message }) => set_text(this.state_, message),
    });
    this.button_.addEventListener("click", () => this.order());
  }

  private order(): void {
    this.button_.disabled = true;
    set_text(this.state_, "asking");
    set_text(this.said_, "the server will be killed");
    this.client_.publish("demo.herd.ask", {}).catch((error: Error) => {
      this.button_.disabled = false;
      set_text(this.state_, error.message);
    });
  }

  private show(report: RealReport): void {
    this.state_.dataset.kind = report.kind;
    // The count of each quarter of a second is for those who see it.
    if (report.kind === "failed") set_text(this.said_, report.words);
    this.button_.disabled = report.kind === "progress";
    switch (report.kind) {
      case "ready":
        return set_text(this.state_, unbroken(plan_words(report)));
      case "progress":
      case "failed":
        return set_text(this.state_, report.words);
      case "result":
        return this.draw(report);
    }
  }

  private draw(result: RealResult): void {
    set_text(this.state_, `${count_words(result.recovered)} of ${count_words(result.clients)} are back`);
    this.place_.hidden = false;
    this.charts_ ??= {
      arrivals: new HerdChart(required("#real-chart", HTMLElement), "arrivals"),
      back: new HerdChart(required("#real-back", HTMLElement), "back"),
    };
    const frame = {
      slot_ms: slotMs,
      end: Math.max(result.arrivals.length * slotMs, result.ideal_ms * 1.1),
      down: result.down_ms,
      fair: (result.rate * slotMs) / 1000,
      ideal: result.ideal_ms,
    };
    const river = { colour: "river", dashes: [] };
    let back = 0;
    const shares = result.back.map((count) => (back += count) / result.clients);
    this.charts_.arrivals.show([{ ...river, values: result.arrivals }], { ...frame, top: result.peak });
    this.charts_.back.show([{ ...river, values: shares }], { ...frame, top: 1 });
    const all = result.all_ms === null ? "Not all came back" : `All were back after ${seconds_words(result.all_ms)}`;
    set_text(
      this.note_,
      unbroken(
        `${all}; with ${count_words(result.rate)} admitted a second nobody could have them back before ` +
          `${seconds_words(result.ideal_ms)}. At most ${count_words(result.peak)} arrived in a tenth of a second, with ` +
          `${result.tries.toFixed(1)} tries each. Lost without a gap: ${result.lost}; delivered twice: ${result.twice}.`,
      ),
    );
    set_text(this.said_, this.note_.textContent ?? "");
  }
}

function plan_words({ clients, rate, down_ms }: RealPlan): string {
  const ideal = down_ms + (clients / rate) * 1000;
  return (
    `${count_words(clients)} real clients, the server away for ${seconds_words(down_ms)}, then ` +
    `${count_words(rate)} admitted a second: at best all are back after ${seconds_words(ideal)}`
  );
}
