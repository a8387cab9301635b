// The herd lab: the model runs in a worker while its curves are drawn here.
import "uplot/dist/uPlot.min.css";
import "../styles/herd.css";
import { connect } from "@freshet/client";
import { element, in_next_frame, required, set_text } from "../shell/dom.ts";
import { show_hint } from "../shell/hint.ts";
import { StatePill } from "../shell/state_pill.ts";
import { start_theme_toggle } from "../shell/theme.ts";
import { HerdChart } from "./chart.ts";
import { end_ms, type Figures, type Settings, type Slots, slotMs } from "./model.ts";
import type { Order, Report } from "./run.ts";
import { RealHerd } from "./real_herd.ts";
import { count_words, position_of, scales, seconds_words, value_at } from "./scales.ts";

/** Ours first; the others take the colours in this order. */
const colours = ["river", "long-polling", "polling", "websocket", "up"] as const;
const dashes: readonly number[][] = [[], [9, 4], [2, 3], [10, 3, 2, 3], [5, 5]];
const compared_max = colours.length - 1;
const first_compared = ["socket.io", "centrifuge", "eventsource"];
/** What most people have met; the rest is one step away. */
const in_sight = [
  ...first_compared,
  "signalr",
  "pusher",
  "ably",
  "phoenix",
  "reconnecting-websocket",
  "nats.js",
  "full",
];

start_theme_toggle();
const pill = new StatePill();
const client = connect("/");
client.onState((state) => {
  pill.show(state);
  show_hint(state, false);
});
new RealHerd(client);

const inputs = {
  clients: required("#clients", HTMLInputElement),
  down: required("#down", HTMLInputElement),
  rate: required("#rate", HTMLInputElement),
  burst: required("#burst", HTMLInputElement),
};
const cold = required("#cold", HTMLInputElement);
const state_words = required("#herd-state", HTMLElement);
const note = required("#herd-note", HTMLElement);
const rows = required("#figures", HTMLTableSectionElement);
const choices = required(".herd-policies", HTMLFieldSetElement);
const arrivals = new HerdChart(required("#arrivals-chart", HTMLElement), "arrivals");
const back = new HerdChart(required("#back-chart", HTMLElement), "back");

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
let order: Order = { run: 0, settings: settings(), policies: [] };
let curves: readonly Slots[] = [];
let figures: readonly Figures[] = [];
let is_done = false;

function settings(): Settings {
  const at = (name: keyof typeof scales): number => value_at(scales[name], inputs[name].valueAsNumber);
  return {
    clients: at("clients"),
    down: at("down") * 1000,
    rate: at("rate"),
    burst: at("burst"),
    cold: cold.checked,
  };
}

function show_settings({ clients, down, rate, burst }: Settings): void {
  const said = {
    clients: count_words(clients),
    down: `${down / 1000} s`,
    rate: count_words(rate),
    burst: count_words(burst),
  };
  for (const name of ["clients", "down", "rate", "burst"] as const) {
    set_text(required(`#${name}-words`, HTMLOutputElement), said[name]);
    inputs[name].setAttribute("aria-valuetext", said[name]);
  }
}

function compared(): string[] {
  return [...choices.querySelectorAll<HTMLInputElement>("input:checked")].map(({ value }) => value);
}

function start(): void {
  const chosen = settings();
  show_settings(chosen);
  order = { run: order.run + 1, settings: chosen, policies: ["windowed", ...compared()] };
  is_done = false;
  worker.postMessage(order);
  set_text(state_words, "running");
}

const draw = in_next_frame(() => {
  const drawn = (values: (slots: Slots) => ArrayLike<number>) =>
    curves.map((one, index) => ({
      colour: colours[index]!,
      dashes: dashes[index]!,
      values: values(one),
    }));
  const { clients, rate, down } = order.settings;
  arrivals.show(
    drawn((slots) => slots.arrivals),
    slotMs / 1000,
    (rate * slotMs) / 1000,
    down / 1000,
  );
  back.show(
    drawn(({ recovered }) => share_back(recovered, clients)),
    slotMs / 1000,
    0,
    down / 1000,
  );
  show_figures();
});

function share_back(recovered: Uint32Array, clients: number): number[] {
  let sum = 0;
  return Array.from(recovered, (count) => (sum += count) / clients);
}

function show_figures(): void {
  rows.replaceChildren(
    ...figures.map((one, index) => {
      const cell = (text: string) => element("td", { class: "number" }, text);
      const back_by = (time: number) => {
        if (!Number.isNaN(time)) return seconds_words(time);
        if (!is_done) return "not yet";
        return one.gaveUp > 0 ? "never" : `> ${Math.round(end_ms(order.settings) / 1000)} s`;
      };
      return element(
        "tr",
        { "data-policy": order.policies[index]! },
        element(
          "th",
          { scope: "row" },
          element("span", { class: `key key-${colours[index]!}`, "aria-hidden": "true" }),
          index === 0 ? "Freshet" : order.policies[index]!,
        ),
        element("td", { class: "number half-column" }, back_by(one.half)),
        cell(back_by(one.most)),
        cell(back_by(one.all)),
        cell(count_words(one.peak)),
        cell(one.triesMean.toFixed(1)),
      );
    }),
  );
  const ideal = figures[0]?.ideal;
  if (ideal === undefined) return;
  set_text(
    note,
    `No server that admits ${count_words(order.settings.rate)} clients a second can have all ` +
      `${count_words(order.settings.clients)} back before ${seconds_words(ideal)}; the broken line is what it admits.`,
  );
}

worker.addEventListener("message", ({ data: report }: MessageEvent<Report>) => {
  if (report.kind === "policies") return offer(report.policies);
  if (report.run !== order.run) return;
  if (report.kind === "refused") return set_text(state_words, report.reason);
  ({ curves, figures } = report);
  const shown = Math.max(...curves.map(({ arrivals }) => arrivals.length)) * slotMs;
  is_done = report.done;
  set_text(state_words, is_done ? "done" : `running: ${Math.round(shown / 1000)} s after the loss`);
  draw();
});
worker.addEventListener("error", () => set_text(state_words, "this browser cannot run the model"));

/** One box for each policy, so many of them at once as there are colours. */
function offer(policies: Extract<Report, { kind: "policies" }>["policies"]): void {
  const known = required("#policies", HTMLElement);
  const more = required("#more-policies", HTMLElement);
  for (const { name, summary } of policies) {
    if (name === "windowed") continue;
    const checked = first_compared.includes(name);
    const box = element("input", { type: "checkbox", value: name, checked });
    const words = element("span", {}, name, element("small", {}, summary));
    (in_sight.includes(name) ? known : more).append(
      element("label", { class: "herd-policy" }, box, words),
    );
  }
  limit_choices();
  start();
}

function limit_choices(): void {
  const full = compared().length >= compared_max;
  for (const box of choices.querySelectorAll<HTMLInputElement>("input")) {
    box.disabled = full && !box.checked;
  }
}

const start_soon = in_next_frame(start);
for (const input of Object.values(inputs)) input.addEventListener("input", start_soon);
cold.addEventListener("change", start_soon);
choices.addEventListener("change", () => {
  limit_choices();
  start();
});
inputs.clients.value = String(position_of(scales.clients, 100_000));
inputs.down.value = String(position_of(scales.down, 10));
inputs.rate.value = String(position_of(scales.rate, 2000));
inputs.burst.value = String(position_of(scales.burst, 50));
show_settings(settings());
required("#settings", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
