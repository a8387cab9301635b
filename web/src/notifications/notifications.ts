// Notifications: log lines as a list with unread marks, as toasts, and a pause that keeps its place.
import "../styles/notifications.css";
import type { Subscription } from "@freshet/client";
import { element, required, set_text } from "../shell/dom.ts";
import { start_shell } from "../shell/shell.ts";
import { parse_notice, type Notice } from "./notice.ts";
import { NoticeList } from "./notice_list.ts";
import { Toasts } from "./toasts.ts";

const { client, count } = start_shell<{
  "notifications.*": Notice;
  "notifications.page": { text: string };
}>("feed");

const title = document.title;
const opened = Date.now();
const toasts = new Toasts();
const list = new NoticeList(required("#notices", HTMLOListElement), show_unread);
const empty = required("#empty", HTMLElement);
const paused = required("#paused", HTMLElement);
const pause = required("#pause", HTMLButtonElement);
let subscription: Subscription | undefined;
let held_cursor = "";

subscribe("last:40");

function subscribe(cursor: string, on_caught_up?: (missed: number) => void): void {
  // Toasts are for what happens now; what comes by replay goes into the list alone.
  let caught_up = false;
  let replayed = 0;
  subscription = client.subscribe("notifications.*", {
    cursor,
    parse: parse_notice,
    onMessage({ id, time, data }) {
      count.message("notifications", { id, time });
      list.add(data, time, time >= opened);
      empty.hidden = true;
      if (caught_up) toasts.show(data);
      else replayed += 1;
    },
    onGap() {
      count.gap("notifications");
      list.add_break("Some lines are missing here.");
      empty.hidden = true;
    },
    onLive() {
      empty.hidden = required("#notices", HTMLOListElement).childElementCount > 0;
      if (!caught_up) on_caught_up?.(replayed);
      caught_up = true;
    },
    onError: (error) => console.warn(`freshet: ${error.message}`),
  });
}

function show_unread(unread: number): void {
  set_text(
    required("#unread", HTMLElement),
    unread === 0 ? "Nothing unread" : `${unread} unread`,
  );
  required("#read-all", HTMLButtonElement).disabled = unread === 0;
  document.title = unread === 0 ? title : `(${unread}) ${title}`;
  show_badge(unread);
}

function show_badge(unread: number): void {
  const link = required('nav [data-page="notifications"]', HTMLAnchorElement);
  const badge = link.querySelector("[data-badge]") ?? element("span", { "data-badge": true });
  set_text(badge, unread > 99 ? "99+" : String(unread));
  if (unread === 0) badge.remove();
  else link.append(badge);
}

required("#read-all", HTMLButtonElement).addEventListener("click", () => list.read_all());

pause.addEventListener("click", () => {
  const pausing = subscription !== undefined;
  if (subscription) {
    held_cursor = subscription.cursor;
    subscription.close();
    subscription = undefined;
    set_text(paused, `Paused at ${held_cursor || "the beginning"}. New lines wait on the server.`);
    paused.hidden = false;
  } else {
    paused.hidden = true;
    subscribe(held_cursor || "last:40", (missed) => {
      set_text(paused, missed === 1 ? "1 line came meanwhile." : `${missed} lines came meanwhile.`);
      paused.hidden = false;
    });
  }
  pause.setAttribute("aria-pressed", String(pausing));
  set_text(pause, pausing ? "Go on" : "Pause");
});

const ring = required("#ring", HTMLFormElement);
const ring_text = required("#ring-text", HTMLInputElement);
ring.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = ring_text.value.trim() || ring_text.placeholder;
  ring_text.value = "";
  client.publish("notifications.page", { text }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    toasts.show({ title: "That was not sent", detail: why, level: "error" });
    ring_text.value = text;
  });
});
