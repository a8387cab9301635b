// The pill in the header: the client's state in words, counting down while it waits.
import type { State } from "@freshet/client";
import { required, set_text } from "./dom.ts";
import { state_announcement, state_words } from "./state_words.ts";

export class StatePill {
  private readonly pill_ = required("#state-pill", HTMLElement);
  private readonly words_ = required("#state-words", HTMLElement);
  private readonly announcement_ = required("#state-announcement", HTMLElement);
  private countdown_: ReturnType<typeof setInterval> | undefined;

  show(state: State): void {
    const began = performance.now();
    clearInterval(this.countdown_);
    const write = (): void => set_text(this.words_, state_words(state, performance.now() - began));
    write();
    if (state.kind === "waiting") this.countdown_ = setInterval(write, 100);

    this.pill_.dataset.kind = state.kind;
    this.pill_.dataset.transport = "transport" in state ? state.transport : "";
    this.pill_.title = state.kind === "waiting" ? state.reason : "";
    // "connecting" passes by too fast to be worth saying.
    if (state.kind !== "connecting") set_text(this.announcement_, state_announcement(state));
  }
}
