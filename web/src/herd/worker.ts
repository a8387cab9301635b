// The herd model beside the page, which it must never keep waiting.
import herd_wasm from "../../../build/wasm/herd.wasm?url";
import { Model } from "./model.ts";
import { type Order, type Report, Run } from "./run.ts";

const tell = (report: Report): void => postMessage(report);
const model = await Model.load(await (await fetch(herd_wasm)).arrayBuffer());
let run: Run | undefined;
const { port1: turn, port2: after } = new MessageChannel();

// One slice for each turn of the loop, so that a newer order is heard between two.
turn.onmessage = () => {
  if (!run) return;
  const report = run.next();
  tell(report);
  if (report.kind === "progress" && !report.done) after.postMessage(undefined);
  else end();
};

function end(): void {
  run?.free();
  run = undefined;
}

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  const was_running = run !== undefined;
  end();
  try {
    run = new Run(model, data);
    if (!was_running) after.postMessage(undefined);
  } catch (error) {
    tell({ kind: "refused", run: data.run, reason: (error as Error).message });
  }
});
tell({
  kind: "policies",
  policies: model.policies.map(({ name, summary, kind }) => ({ name, summary, kind })),
});
