// The banner under the header: says what to do when the server does not answer, or why it refused.
import type { State } from "@freshet/client";
import { required, set_text } from "./dom.ts";

/** `is_cut`: the line was cut on this page, which needs no words. */
export function show_hint(state: State, is_cut: boolean): void {
  const hint = required("#hint", HTMLElement);
  const words = is_cut ? "" : hint_words(state);
  // While it tries again the last hint stays, so that nothing jumps up and down.
  if (words === undefined) return;
  hint.hidden = words === "";
  if (words !== "") set_text(hint, words);
}

function hint_words(state: State): string | undefined {
  switch (state.kind) {
    case "idle":
    case "live":
      return "";
    case "connecting":
      return undefined;
    case "waiting":
      // A short interruption needs no words; the pill counts down.
      if (state.attempt < 3) return undefined;
      return `No connection: ${state.reason}. The page goes on trying by itself.`;
    case "closed":
      return state.error ? `The server refused: ${state.error.message}` : "";
  }
}
