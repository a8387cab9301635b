// The list, newest first, with what is unread marked and counted.
import { element } from "../shell/dom.ts";
import type { Level, Notice } from "./notice.ts";

const shown_max = 300;

export const level_words: Record<Level, string> = {
  information: "Information",
  success: "Done",
  warning: "Warning",
  error: "Error",
};

const clock = new Intl.DateTimeFormat("en", { timeStyle: "medium", hour12: false });

export class NoticeList {
  constructor(
    private readonly list_: HTMLOListElement,
    private readonly on_unread: (unread: number) => void,
  ) {}

  add(notice: Notice, time: number, unread: boolean): void {
    const when = new Date(time);
    const item = element(
      "li",
      { class: "notice", "data-level": notice.level, "data-unread": unread },
      element("span", { class: "notice-level", role: "img", "aria-label": level_words[notice.level] }),
      element("p", { class: "notice-title", dir: "auto" }, notice.title),
      element("p", { class: "notice-detail" }, notice.detail),
      element("time", { datetime: when.toISOString() }, clock.format(when)),
    );
    item.addEventListener("click", () => {
      item.removeAttribute("data-unread");
      this.tell();
    });
    this.list_.prepend(item);
    while (this.list_.childElementCount > shown_max) this.list_.lastElementChild?.remove();
    this.tell();
  }

  add_break(text: string): void {
    this.list_.prepend(element("li", { class: "notice-break" }, text));
  }

  read_all(): void {
    for (const item of this.list_.querySelectorAll("[data-unread]")) {
      item.removeAttribute("data-unread");
    }
    this.tell();
  }

  private tell(): void {
    this.on_unread(this.list_.querySelectorAll("[data-unread]").length);
  }
}
