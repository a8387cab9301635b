// The radio group that changes the transport while the client runs, with the latency that each one
// has shown so far beside its name.
import { required, set_text } from "./dom.ts";
import type { Meter } from "./meter.ts";
import { latency_words } from "./state_words.ts";
import { is_choice, transports, type Choice } from "./transports.ts";

/** What the address asks for (`?transport=sse`), so that a choice can be linked to. */
export function choice_of_address(): Choice {
  const asked = new URLSearchParams(location.search).get("transport");
  return is_choice(asked) ? asked : "auto";
}

export class TransportSwitch {
  private readonly options_ = new Map<Choice, HTMLElement>();

  constructor(chosen: Choice, on_choice: (choice: Choice) => void) {
    const group = required("#transport-switch", HTMLFieldSetElement);
    for (const option of group.querySelectorAll<HTMLElement>("[data-choice]")) {
      const choice = option.dataset.choice ?? null;
      if (!is_choice(choice)) continue;
      this.options_.set(choice, option);
      const input = required("input", HTMLInputElement, option);
      input.checked = choice === chosen;
      input.addEventListener("change", () => {
        if (!input.checked) return;
        const address = new URL(location.href);
        if (choice === "auto") address.searchParams.delete("transport");
        else address.searchParams.set("transport", choice);
        history.replaceState(history.state, "", address);
        on_choice(choice);
      });
    }
  }

  /** Marks what this browser or server does not have; choosing it would only wait. */
  show_unavailable(unavailable: readonly Choice[]): void {
    for (const [choice, option] of this.options_) {
      const missing = unavailable.includes(choice);
      required("input", HTMLInputElement, option).disabled = missing;
      option.toggleAttribute("data-unavailable", missing);
    }
  }

  show_figures(meter: Meter, auto: string): void {
    this.write("auto", auto);
    for (const transport of transports) {
      const figures = meter.figures(transport);
      this.write(transport, figures ? latency_words(figures.median) : "");
    }
  }

  private write(choice: Choice, text: string): void {
    const option = this.options_.get(choice);
    if (option) set_text(required("[data-figures]", HTMLElement, option), text);
  }
}
