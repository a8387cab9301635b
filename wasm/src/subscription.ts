// One subscription of the application: where it stands, and the hand-over of what arrives to its
// listener or its `for await` loop.

import type { Gap, ListenOptions, Message, MessageStream, SubscribeOptions } from "./api.js";
import type { Core } from "./core.js";
import { FreshetError } from "./error.js";
import { tell } from "./tell.js";

export type AnyOptions = SubscribeOptions & Partial<ListenOptions>;

/** The client's side of a subscription. */
export interface Entry {
  readonly pattern: string;
  /** The core's number for it; 0 while the core does not know it. */
  id: number;
  /** The cursor to (re)subscribe with in a new instance. */
  start_(): string;
  /** Reads where it stands now from the core. */
  note_(core: Core): void;
  deliver_(message: Message, core: Core, controlFrames: number): void;
  gap_(after: string, until: string, reason: Gap["reason"]): void;
  live_(core: Core): void;
  /** Ended by the server or the client; without an error quietly. */
  end_(error?: FreshetError): void;
}

// A gap, or a message and its epoch.
type Unread = Gap | [message: Message, epoch: string];

/**
 * `leave` is called once, when it ends; `cursor` asks the core.
 */
export function createSubscription(
  pattern: string,
  options: AnyOptions,
  leave: (entry: Entry) => void,
  cursor: (entry: Entry) => string,
): [Entry, MessageStream] {
  const { onMessage, onGap, onLive, onError, parse, signal, unreadMax = 1000 } = options;
  type Result = IteratorResult<Message, undefined>;
  const unread: Unread[] = [];
  const readers: ((result: Result | Promise<Result>) => void)[] = [];
  // What was dropped in front of `unread`.
  let dropped: Gap | undefined;
  let ended = false;
  let failed: FreshetError | undefined;
  // The last cursor, once closed.
  let kept: string | undefined;
  let epoch = "";
  let lastId = 0;
  // Epochs change by control frames only, so one look at the core after each will do.
  let noted = -1;

  const report = (error: FreshetError): void => {
    if (onError) tell(onError, error);
    else console.error(error);
  };

  const parsed = (message: Message): Message | undefined => {
    if (!parse) return message;
    try {
      const { topic, id, time, data } = message;
      return { topic, id, time, data: parse(data) };
    } catch (cause) {
      report(
        cause instanceof FreshetError
          ? cause
          : new FreshetError("invalid_json", `parse refused a message: ${cause}`, { cause }),
      );
      return undefined;
    }
  };

  const over: Result = { done: true, value: undefined };
  const hand = (): void => {
    while (readers[0]) {
      if (dropped) {
        const gap = dropped;
        dropped = undefined;
        tell(onGap, gap);
      }
      const next = unread.shift();
      if (next) {
        const message = Array.isArray(next) ? parsed(next[0]) : tell(onGap, next);
        if (message) readers.shift()?.({ done: false, value: message });
      } else if (ended) {
        readers.shift()!(failed ? Promise.reject(failed) : over);
        failed = undefined;
      } else {
        return;
      }
    }
  };

  const hold = (item: Unread): void => {
    unread.push(item);
    hand();
    if (unread.length <= unreadMax) return;
    const oldest = unread.shift()!;
    const [after, until] = Array.isArray(oldest)
      ? [`${oldest[1]}:${oldest[0].id - 1}`, `${oldest[1]}:${oldest[0].id}`]
      : [oldest.after, oldest.until];
    dropped = { pattern, after: dropped?.after ?? after, until, reason: "limit" };
  };

  const entry: Entry = {
    pattern,
    id: 0,
    start_: () => (epoch ? `${epoch}:${lastId}` : (options.cursor ?? "latest")),
    note_(core) {
      const [life, id] = core.cursor_(entry.id).split(":");
      if (!id) return;
      epoch = life!;
      lastId = +id;
    },
    deliver_(message, core, controlFrames) {
      if (ended) return;
      if (noted !== controlFrames) entry.note_(core);
      noted = controlFrames;
      lastId = message.id;
      if (!onMessage) return hold([message, epoch]);
      const value = parsed(message);
      if (value) tell(onMessage, value);
    },
    gap_(after, until, reason) {
      const gap: Gap = { pattern, after, until, reason };
      if (onMessage) tell(onGap, gap);
      else hold(gap);
    },
    live_(core) {
      entry.note_(core);
      tell(onLive);
    },
    end_(error) {
      if (ended) return;
      stop();
      if (error && (onError || onMessage)) report(error);
      else failed = error;
      hand();
    },
  };

  const stop = (): void => {
    ended = true;
    kept = cursor(entry);
    signal?.removeEventListener("abort", close);
    leave(entry);
  };

  const close = (): void => {
    if (ended) return;
    stop();
    unread.length = 0;
    dropped = undefined;
    hand();
  };

  const iterator: AsyncIterator<Message, undefined> = {
    next: () =>
      new Promise((resolve) => {
        readers.push(resolve);
        hand();
      }),
    return: async () => {
      close();
      return over;
    },
  };

  signal?.addEventListener("abort", close);
  if (signal?.aborted) close();

  const handle: MessageStream = {
    pattern,
    get cursor() {
      return kept ?? cursor(entry);
    },
    close,
    [Symbol.asyncIterator]: () => iterator,
  };
  return [entry, handle];
}
