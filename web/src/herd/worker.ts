// The herd model beside the page, which it must never keep waiting.
import herd_wasm from "../../../build/wasm/herd.wasm?url";
import { Model } from "./model.ts";
import { type Order, type Report, Run } from "./run.ts";

/** Milliseconds of computing between two reports: a newer order is heard as soon. */
const report_interval = 40;

const tell = (report: Report): void => postMessage(report);
const { port1: turn, port2: after } = new MessageChannel();
let model: Model | undefined;
let run: Run | undefined;

turn.onmessage = () => {
  if (!run) return;
  const began = performance.now();
  while (!run.advance() && performance.now() - began < report_interval);
  const report = run.report();
  tell(report);
  if (report.done) end();
  else after.postMessage(undefined);
};

function end(): void {
  run?.free();
  run = undefined;
}

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  const was_running = run !== undefined;
  end();
  if (!model) return;
  try {
    run = new Run(model, data);
    if (!was_running) after.postMessage(undefined);
  } catch (error) {
    tell({ kind: "refused", run: data.run, reason: (error as Error).message });
  }
});

try {
  const answer = await fetch(herd_wasm);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  model = await Model.load(await answer.arrayBuffer());
  tell({
    kind: "policies",
    policies: model.policies.map(({ name, summary, kind }) => ({ name, summary, kind })),
  });
} catch (error) {
  tell({ kind: "broken", reason: (error as Error).message });
}
