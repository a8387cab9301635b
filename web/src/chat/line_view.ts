// One message in the list, and one that has not been sent yet.
import { element } from "../shell/dom.ts";
import type { Line } from "./line.ts";

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });

export function line_element(
  line: Line,
  time: number,
  own: boolean,
  continued: boolean,
): HTMLLIElement {
  const when = new Date(time);
  return element(
    "li",
    { class: "said", "data-own": own, "data-continued": continued },
    element("p", { class: "said-name" }, own ? `${line.name} (you)` : line.name),
    element("p", { class: "said-text", dir: "auto" }, line.text),
    element("time", { class: "said-time", datetime: when.toISOString() }, clock.format(when)),
  );
}

/** A break in the list: "The server began anew." */
export function break_element(text: string): HTMLLIElement {
  return element("li", { class: "break" }, text);
}

/** A message on its way. Exactly one of these at a time. */
export type Sending =
  | { kind: "sending" }
  | { kind: "waiting" }
  | { kind: "stored" }
  | { kind: "failed"; why: string };

export class PendingView {
  readonly item: HTMLLIElement;
  private readonly note_ = element("p", { class: "said-note" });
  private readonly actions_: HTMLElement;

  constructor(line: Line, on_retry: () => void, on_discard: () => void) {
    const retry = element("button", { type: "button", class: "button" }, "Try again");
    retry.addEventListener("click", on_retry);
    const discard = element("button", { type: "button", class: "button plain" }, "Discard");
    discard.addEventListener("click", on_discard);
    this.actions_ = element("p", { class: "said-actions" }, retry, discard);
    this.item = element(
      "li",
      { class: "said", "data-own": true, "data-continued": true },
      element("p", { class: "said-text", dir: "auto" }, line.text),
      this.note_,
      this.actions_,
    );
  }

  show(sending: Sending): void {
    this.item.dataset.sending = sending.kind;
    this.actions_.hidden = sending.kind !== "failed";
    this.note_.textContent = words(sending);
    if (sending.kind === "failed") this.note_.setAttribute("role", "alert");
    else this.note_.removeAttribute("role");
  }
}

function words(sending: Sending): string {
  switch (sending.kind) {
    case "sending":
      return "sending";
    case "waiting":
      return "waits for the line";
    case "stored":
      return "stored, on its way back";
    case "failed":
      return `not sent: ${sending.why}`;
  }
}
