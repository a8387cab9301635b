// Keeps the newest message in sight while the reader is at the end, and counts what comes while
// they read further up.
import { required } from "../shell/dom.ts";

export class StickyScroll {
  private readonly box_ = required("#scroll", HTMLElement);
  private readonly button_ = required("#to-newest", HTMLButtonElement);
  private at_end_ = true;
  private unseen_ = 0;

  constructor() {
    this.box_.addEventListener("scroll", () => {
      this.at_end_ = this.box_.scrollHeight - this.box_.scrollTop - this.box_.clientHeight < 48;
      if (this.at_end_) this.unseen_ = 0;
      this.tell();
    });
    this.button_.addEventListener("click", () => this.to_newest());
    // The box shrinks when a phone's keyboard comes up; what was at the end stays there.
    new ResizeObserver(() => this.at_end_ && this.to_newest()).observe(this.box_);
  }

  /** To be called after something was appended. */
  appended(own: boolean): void {
    if (this.at_end_ || own) this.to_newest();
    else this.unseen_ += 1;
    this.tell();
  }

  private to_newest(): void {
    this.at_end_ = true;
    this.unseen_ = 0;
    this.box_.scrollTop = this.box_.scrollHeight;
    this.tell();
  }

  private tell(): void {
    this.button_.hidden = this.at_end_ || this.unseen_ === 0;
    this.button_.textContent =
      this.unseen_ === 1 ? "1 new message ↓" : `${this.unseen_} new messages ↓`;
  }
}
