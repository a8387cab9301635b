// Messages on their way: shown at once, marked until the server has them, and kept with a choice
// when it did not take them.
import { FreshetError, type Client } from "@freshet/client";
import { required } from "../shell/dom.ts";
import { random_id } from "./identity.ts";
import type { Line } from "./line.ts";
import { PendingView } from "./line_view.ts";

export interface Topics {
  "chat.lobby": Line;
}

export class Outbox {
  private readonly list_ = required("#outbox", HTMLOListElement);
  private readonly pending_ = new Map<string, PendingView>();

  constructor(private readonly client_: Client<Topics>) {}

  send(line: Omit<Line, "tag">): void {
    const tag = random_id();
    const tagged = { ...line, tag };
    const view = new PendingView(
      tagged,
      () => void this.publish(tagged, tag, view),
      () => this.take(tag),
    );
    this.pending_.set(tag, view);
    this.list_.append(view.item);
    void this.publish(tagged, tag, view);
  }

  /** Takes out the message that has come back from the server; true if it was one of ours. */
  take(tag: string | undefined): boolean {
    const view = tag === undefined ? undefined : this.pending_.get(tag);
    if (tag === undefined || !view) return false;
    this.pending_.delete(tag);
    view.item.remove();
    return true;
  }

  private async publish(line: Line, tag: string, view: PendingView): Promise<void> {
    view.show({ kind: this.client_.getState().kind === "live" ? "sending" : "waiting" });
    try {
      // The tag is the idempotency key too: trying again can not say it twice.
      await this.client_.publish("chat.lobby", line, { key: tag, timeout: 20_000 });
      view.show({ kind: "stored" });
    } catch (error) {
      view.show({ kind: "failed", why: reason(error) });
    }
  }
}

function reason(error: unknown): string {
  if (!(error instanceof FreshetError)) throw error;
  switch (error.code) {
    case "timeout":
      return "no connection within 20 s";
    case "queue_full":
      return "too many messages are waiting";
    case "outcome_unknown":
      return "the server began anew; it may have come through";
    default:
      return error.message;
  }
}
