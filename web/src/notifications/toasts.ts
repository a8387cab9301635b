// Toasts: at most three, each for six seconds unless the pointer or focus is on it. A burst becomes
// one toast that counts.
import { element, required, set_text } from "../shell/dom.ts";
import type { Notice } from "./notice.ts";

const lifetime_ms = 6000;
const shown_max = 3;
const burst_gap_ms = 400;

interface Toast {
  item: HTMLLIElement;
  title: HTMLElement;
  detail: HTMLElement;
  count: number;
  /** When its newest line came, by performance.now(). */
  newest: number;
  timer?: ReturnType<typeof setTimeout>;
}

export class Toasts {
  private readonly list_ = required("#toasts", HTMLOListElement);
  private toasts_: Toast[] = [];

  show(notice: Notice, now = performance.now()): void {
    // In the background nobody sees them; the unread count tells.
    if (document.hidden) return;
    const newest = this.toasts_.at(-1);
    if (newest && now - newest.newest < burst_gap_ms) {
      newest.count += 1;
      newest.newest = now;
      set_text(newest.title, notice.title);
      set_text(newest.detail, `and ${newest.count - 1} more in this moment`);
      this.expire_later(newest);
      return;
    }
    const toast = this.make(notice, now);
    this.toasts_.push(toast);
    this.list_.append(toast.item);
    this.expire_later(toast);
    while (this.toasts_.length > shown_max) this.close(this.toasts_[0] as Toast);
  }

  private make(notice: Notice, now: number): Toast {
    const title = element("p", { class: "toast-title" }, notice.title);
    const detail = element("p", { class: "toast-detail" }, notice.detail);
    const close = element(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Dismiss" },
      "✕",
    );
    const item = element(
      "li",
      { class: "toast", "data-level": notice.level },
      element("div", {}, title, detail),
      close,
    );
    const toast: Toast = { item, title, detail, count: 1, newest: now };
    close.addEventListener("click", () => this.close(toast));
    for (const held of ["pointerenter", "focusin"]) {
      item.addEventListener(held, () => clearTimeout(toast.timer));
    }
    for (const free of ["pointerleave", "focusout"]) {
      item.addEventListener(free, () => this.expire_later(toast));
    }
    return toast;
  }

  private expire_later(toast: Toast): void {
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => this.close(toast), lifetime_ms);
  }

  private close(toast: Toast): void {
    clearTimeout(toast.timer);
    this.toasts_ = this.toasts_.filter((other) => other !== toast);
    toast.item.remove();
  }
}
