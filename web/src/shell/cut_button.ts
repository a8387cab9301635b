// "Cut the line": breaks the page's connections so that people can watch them come back.
import type { CuttableNetwork } from "./cuttable_network.ts";
import { required, set_text } from "./dom.ts";

/** `what` is what the button cuts: "the line". */
export function start_cut_button(network: CuttableNetwork, what: string): void {
  const button = required("#cut", HTMLButtonElement);
  const label = required("#cut-label", HTMLElement);
  button.addEventListener("click", () => {
    if (network.is_cut) network.mend();
    else network.cut();
    button.setAttribute("aria-pressed", String(network.is_cut));
    set_text(label, `${network.is_cut ? "Mend" : "Cut"} ${what}`);
  });
}
