// The chat: one room, its history on arrival, and messages that show at once.
import "../styles/chat.css";
import type { Gap } from "@freshet/client";
import { required } from "../shell/dom.ts";
import { start_shell } from "../shell/shell.ts";
import { start_composer } from "./composer.ts";
import { keep_identity, load_identity } from "./identity.ts";
import { continues, parse_line, type Line } from "./line.ts";
import { break_element, line_element } from "./line_view.ts";
import { Outbox, type Topics } from "./outbox.ts";
import { StickyScroll } from "./scroll.ts";

const shown_max = 500;

const { client, count } = start_shell<Topics>("bidirectional");
const identity = load_identity();
const lines = required("#lines", HTMLOListElement);
const empty = required("#empty", HTMLElement);
const scroll = new StickyScroll();
const outbox = new Outbox(client);
let newest: { line: Line; time: number } | undefined;

client.subscribe("chat.lobby", {
  cursor: "last:50",
  parse: parse_line,
  onMessage(message) {
    count.message("chat", message);
    outbox.take(message.data.tag);
    append_line(message.data, message.time);
  },
  onGap(gap) {
    count.gap("chat");
    newest = undefined;
    append(break_element(gap_words(gap)), false);
  },
  onLive() {
    // History is not read aloud; what comes from now on is.
    required("#log", HTMLElement).setAttribute("aria-live", "polite");
    empty.hidden = lines.childElementCount > 0;
  },
  onError: (error) => console.warn(`freshet: ${error.message}`),
});

function append_line(line: Line, time: number): void {
  const own = line.author === identity.author;
  append(line_element(line, time, own, continues(newest, line, time)), own);
  newest = { line, time };
}

function append(item: HTMLLIElement, own: boolean): void {
  lines.append(item);
  while (lines.childElementCount > shown_max) lines.firstElementChild?.remove();
  empty.hidden = true;
  scroll.appended(own);
}

function gap_words(gap: Gap): string {
  switch (gap.reason) {
    case "epoch":
      return "The server began anew; what was said before may be missing here.";
    case "retention":
      return "Some messages were too old to be kept.";
    default:
      return "Some messages are missing here.";
  }
}

start_composer((text) => {
  outbox.send({ name: identity.name, text, author: identity.author });
  empty.hidden = true;
  scroll.appended(true);
});

const name = required("#name", HTMLInputElement);
name.value = identity.name;
name.addEventListener("change", () => {
  identity.name = name.value.trim() || identity.name;
  name.value = identity.name;
  keep_identity(identity);
});
