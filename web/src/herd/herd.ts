// The herd lab: the model runs in a worker, ahead of what is shown; pictures and figures follow the player.
import "uplot/dist/uPlot.min.css";
import "../styles/herd.css";
import { connect } from "@freshet/client";
import { in_next_frame, required, set_text } from "../shell/dom.ts";
import { show_hint } from "../shell/hint.ts";
import { StatePill } from "../shell/state_pill.ts";
import { start_theme_toggle } from "../shell/theme.ts";
import { Controls } from "./controls.ts";
import { show_table } from "./figures_table.ts";
import { type LabState, read_state, write_state } from "./lab_state.ts";
import type { Figures } from "./model.ts";
import { type Look, Pictures } from "./pictures.ts";
import type { PlaybackKind } from "./playback.ts";
import { Player } from "./player.ts";
import { RealHerd } from "./real_herd.ts";
import { Recording } from "./recording.ts";
import type { Order, Report } from "./run.ts";
import { seconds_words, unbroken } from "./scales.ts";
import { verdict } from "./verdict.ts";

/** Ours first; the others by their place. */
const colours = ["river", "long-polling", "polling", "websocket", "up"] as const;
const dashes: number[][] = [[], [9, 4], [2, 3], [10, 3, 2, 3], [5, 5]];

start_theme_toggle();
const pill = new StatePill();
const client = connect("/");
client.onState((state) => {
  pill.show(state);
  show_hint(state, false);
});
new RealHerd(client);

const note = required("#herd-note", HTMLElement);
const said = required("#herd-said", HTMLElement);
const fault = required("#herd-fault", HTMLElement);
const summaries = new Map<string, string>();
const asked = read_state(location.search);
let speed = asked.speed;
let looks: readonly Look[] = [];
let recording: Recording | undefined;

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const controls = new Controls(in_next_frame(start));
const pictures = new Pictures();
const player = new Player(asked.speed, {
  changed: in_next_frame(draw),
  speed_chosen(chosen) {
    speed = chosen;
    keep_address();
  },
  told: (kind) => announce(kind),
});
controls.set(asked);

function look(name: string, place: number): Look {
  return {
    name,
    words: name === "windowed" ? "Freshet" : name,
    summary: unbroken(summaries.get(name) ?? ""),
    colour: colours[place]!,
    dashes: dashes[place]!,
  };
}

/** Another run, with the settings as they are. */
function start(): void {
  const { settings, places } = controls.read();
  looks = [
    look("windowed", 0),
    ...places.flatMap((name, index) => (name === undefined ? [] : [look(name, index + 1)])),
  ];
  const order: Order = {
    run: (recording?.order.run ?? 0) + 1,
    settings,
    policies: looks.map(({ name }) => name),
  };
  recording = new Recording(order);
  pictures.begin(looks);
  player.restart();
  set_text(note, "");
  fault.hidden = true;
  worker.postMessage(order);
  keep_address();
  draw();
}

function state(): LabState {
  const { settings, places } = controls.read();
  return { settings, speed, compared: places.filter((name) => name !== undefined) };
}

function keep_address(): void {
  history.replaceState(history.state, "", location.pathname + write_state(state()));
}

function draw(): void {
  if (!recording) return;
  const { at } = player.playback;
  const began = performance.now();
  pictures.show(recording, at);
  show_table(looks, recording, at);
  player.write(pictures.end, performance.now() - began);
  const is_over = player.playback.kind === "over";
  set_text(note, is_over ? words_of(recording) : "");
}

function words_of(whole: Recording): string {
  const figures = looks.map((_, index) => whole.figures(index));
  const all = figures.filter((one): one is Figures => one !== undefined);
  return unbroken(verdict(whole.order.settings, all, looks.slice(1).map(({ words }) => words)));
}

let saying: ReturnType<typeof setTimeout> | undefined;

/** For those who do not see the pictures: what a button did, and the result. Not while a slider is drawn. */
function announce(kind: PlaybackKind): void {
  clearTimeout(saying);
  if (kind === "playing" || kind === "waiting") return;
  saying = setTimeout(() => {
    const words = kind === "over" ? note.textContent : `paused ${seconds_words(player.playback.at)} after the loss`;
    set_text(said, words ?? "");
  }, 700);
}

function fail(words: string): void {
  fault.hidden = false;
  set_text(fault, words);
  const shown = required("#herd-state", HTMLElement);
  shown.dataset.kind = "failed";
  set_text(shown, "");
}

worker.addEventListener("message", ({ data: report }: MessageEvent<Report>) => {
  switch (report.kind) {
    case "policies":
      for (const { name, summary } of report.policies) summaries.set(name, summary);
      controls.offer(report.policies.filter(({ name }) => name !== "windowed"));
      controls.set(asked);
      return start();
    case "broken":
      return fail(`The model could not be loaded (${report.reason}). Load the page again to try once more.`);
    case "refused":
      if (report.run === recording?.order.run) fail(`The model refuses this: ${report.reason}.`);
      return;
    case "progress":
      if (!recording || report.run !== recording.order.run) return;
      recording.add(report);
      player.playback.learn(recording.until, recording.done);
  }
});
worker.addEventListener("error", () => fail("This browser cannot run the model: it needs WebAssembly and module workers."));

// The proposals are addresses of this page; here they change the settings without loading it again.
for (const link of document.querySelectorAll<HTMLAnchorElement>("#proposals a")) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    controls.set(read_state(link.search));
    start();
  });
}
required("#settings", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
