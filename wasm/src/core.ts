// One instance of the WebAssembly module, which holds one client's core: text and numbers in, the
// actions it wants taken out. The only file that knows the module's exports and memory.

import type { ClientOptions, Message, State, Transport } from "./api.js";
import { type ErrorCode, FreshetError } from "./error.js";

/** What a connection, or one request of a polling one, came to. As EndKind in the core. */
export const enum EndKind {
  finished,
  closed,
  refused,
  unreachable,
  lost,
  malformed,
  unsupported,
}

export interface End {
  readonly kind: EndKind;
  /** The close code of `closed`, the HTTP status of `refused`. Default: 0. */
  readonly code?: number;
  /** Milliseconds the server wants to be left alone. Default: it said nothing. */
  readonly retryAfter_?: number | undefined;
  readonly ticket_?: string;
  readonly reason?: string;
}

/** What the machine or page around the client did. As NetworkEvent in the core. */
export const enum NetworkEvent {
  offline,
  online,
  hidden,
  shown,
  suspended,
  resumed,
}

/** The core's transports, in the order of its enumerators. */
export const transportNames: readonly Transport[] = ["websocket", "sse", "long-polling", "polling"];

export const enum ActionKind {
  openStream,
  poll,
  sendFrame,
  sendPublish,
  addLine,
  post,
  cancelPost,
  closeConnection,
  tellState,
  tellGap,
  tellLive,
  tellError,
  tellPublished,
}

/** What a request says. */
export type Members = Record<string, string | number | string[]>;

/** What the core asks for; sdk/core/action.h says what each kind means and has. */
export type Action = [
  kind: ActionKind,
  id: number,
  transport: Transport,
  publish: number,
  closeCode: number,
  code: ErrorCode,
  messageId: number,
  text: string,
  members: Members,
  query: string,
  after: string,
  until: string,
];

/** A message and the subscriptions that get it. */
export type Delivery = [message: Message, subscriptions: number[]];

/** As exports.txt, an underscore behind each; bindings/client.cpp says what each does. */
interface Exports {
  readonly memory_: WebAssembly.Memory;
  input_buffer_(bytes: number): number;
  configure_(option: number, value: number): void;
  create_(seed: number, transports: number, reconnect: number): number;
  subscribe_(patternBytes: number, cursorBytes: number): number;
  unsubscribe_(subscription: number): void;
  subscription_cursor_(subscription: number): void;
  publish_(
    topicBytes: number,
    keyBytes: number,
    dataBytes: number,
    timeout: number,
  ): number;
  cancel_publish_(publish: number): void;
  set_transports_(transports: number): void;
  close_client_(): void;
  message_(connection: number, id: number, topicBytes: number): number;
  control_(connection: number, bytes: number): void;
  ended_(
    id: number,
    kind: EndKind,
    code: number,
    retryAfter: number,
    ticketBytes: number,
    reasonBytes: number,
  ): void;
  network_changed_(event: NetworkEvent): void;
  time_out_(): void;
  next_timeout_(): number;
  next_action_(): number;
  status_(): number;
}

// In the order of core::ClientConfig. Those that are undefined keep the core's default.
const settings = [
  "initialSpread",
  "hedgeAfter",
  "connectTimeout",
  "reprobeAfter",
  "longPollWait",
  "pollInterval",
  "publishQueueMax",
  "publishQueueBytesMax",
] as const;

export type Core = Awaited<ReturnType<typeof createCore>>;

// bindings::Output.
const enum Output {
  subscriptions = 0,
  code = 4,
  message = 8,
  cursor = 16,
}
// core::Action.
const enum ActionAt {
  kind = 0,
  id = 4,
  transport = 8,
  publish = 12,
  closeCode = 16,
  code = 20,
  messageId = 24,
  text = 32,
  members = 40,
  after = 48,
  until = 56,
}
// core::Status.
const enum StatusAt {
  kind = 0,
  unavailable = 1,
  failed = 2,
  transport = 3,
  code = 4,
  attempt = 8,
  retryIn = 16,
  reason = 24,
}

const encoder = new TextEncoder();
export const decoder = new TextDecoder();

export const bytesOf = (text: string): number => encoder.encode(text).length;

/** Whether a frame is a control frame. */
export const isControl = (frame: string): boolean => frame.startsWith('{"op":');

// In the order of the core's enumerators.
const errorCodes =
  "invalid_argument,invalid_topic,invalid_pattern,invalid_cursor,invalid_json,invalid_url,malformed,unauthorized,forbidden,not_found,too_large,too_many,busy,unreachable,timeout,queue_full,closed,outcome_unknown,unsupported,internal".split(
    ",",
  ) as ErrorCode[];

// What has a number in the core.
const names: Readonly<Record<string, readonly string[]>> = {
  op: "unknown,hello,subscribed,live,ping,gap,ack,error,retry,next,close".split(","),
  code: errorCodes,
};

// wire::Field, as far as a server's frames go; the 18th is `code` where it is a number.
const fields =
  "op,epoch,client,pattern,reason,code,message,ticket,cursor,after,until,cursors,recovered,more,version,ref,id,,window,ping,delay,interval".split(
    ",",
  );

// A control frame as from wire::flatten(); empty when it is not JSON.
function flatten(frame: string): string {
  try {
    const members = JSON.parse(frame);
    return fields
      .map((name) => {
        const value: unknown = members[name];
        if (value == null) return "";
        if (typeof value !== "string") return (Array.isArray(value) ? "[" : "") + value;
        return `"${names[name]?.indexOf(value) ?? value}`;
      })
      .join("\0");
  } catch {
    return "";
  }
}

// A request of the core (wire/request.h), as an object and as a query.
function unflatten(flat: string): [members: Members, query: string] {
  const members: Members = {};
  const query = new URLSearchParams();
  for (const [, name, type, value] of flat.matchAll(/(.*?)\0(.)(.*?)\0/g)) {
    query.append(name!, value!);
    members[name!] =
      type === "[" ? query.getAll(name!) : type === "#" ? +value! : value!;
  }
  return [members, `?${query}`];
}

/**
 * The same as wire::parse_message_head(): what stands in a message frame, its topic empty when the
 * head is not in its form. A head has at most 352 bytes (wire::head_bytes_max). Scalars may stand
 * between `time` and `data`, of which none can hold `,"data":`.
 */
export function readMessage(
  frame: string,
): [topic: string, id: number, time: number, json: string] {
  const [head = "", id, topic = "", time] =
    /^{"id":(0|[1-9]\d*),"topic":"([\w.$-]{1,255})","time":(0|[1-9]\d*)(?=,)[^]*?,"data":/.exec(
      frame.slice(0, 352),
    ) ?? [];
  const whole = +id! < 2 ** 53 && +time! < 2 ** 53;
  return [whole ? topic : "", +id!, +time!, frame.slice(head.length, -1)];
}

/** One object for all subscriptions that get it. The payload is read once, when someone asks. */
export function messageFrom(topic: string, id: number, time: number, json: string): Message {
  let text: string | undefined = json;
  let value: unknown;
  return {
    topic,
    id,
    time,
    get data() {
      if (text !== undefined) {
        try {
          value = JSON.parse(text);
        } catch (cause) {
          throw new FreshetError("invalid_json", `message ${id} is not JSON`, { cause });
        }
        text = undefined;
      }
      return value;
    },
  };
}

export async function createCore(
  module: WebAssembly.Module,
  transports: () => number,
  options: ClientOptions,
) {
  // Read on the way in and not by each call: a browser's clock costs as much as a message.
  let time = 0;
  const now = (): number => (time = Math.floor(performance.now()));
  const instance = await WebAssembly.instantiate(module, { env: { now: () => time } });
  const wasm = instance.exports as unknown as Exports;
  settings.forEach((name, index) => {
    const value = options[name];
    if (value !== undefined) wasm.configure_(index, value);
  });
  const output = wasm.create_(Math.random() * 2 ** 53, transports(), +(options.reconnect === "none"));

  // Memory may have grown in any call, and a view of what it was before is empty then.
  let memory = new DataView(wasm.memory_.buffer);
  const view = (): DataView =>
    memory.buffer === wasm.memory_.buffer ? memory : (memory = new DataView(wasm.memory_.buffer));
  const byte = (at: number): number => view().getUint8(at);
  const word = (at: number): number => view().getUint32(at, true);
  const bytesAt = (at: number, count: number): Uint8Array =>
    new Uint8Array(wasm.memory_.buffer, at, count);
  // A freshet::Text or std::string_view: where it is and how long.
  const text = (at: number): string => decoder.decode(bytesAt(word(at), word(at + 4)));
  const codeAt = (at: number): ErrorCode => errorCodes[byte(at)]!;

  const write = (bytes: Uint8Array): number => {
    bytesAt(wasm.input_buffer_(bytes.length), bytes.length).set(bytes);
    return bytes.length;
  };
  // Two texts, one behind the other.
  const writeTwo = (one: string, two: string): [oneBytes: number, twoBytes: number] => {
    const oneBytes = bytesOf(one);
    return [oneBytes, write(encoder.encode(one + two)) - oneBytes];
  };
  const error = (): FreshetError =>
    new FreshetError(codeAt(output + Output.code), text(output + Output.message));

  // What needs no translation is called as it is.
  return {
    ...wasm,
    now_: now,

    subscribe_(pattern: string, cursor: string): number | FreshetError {
      return wasm.subscribe_(...writeTwo(pattern, cursor)) || error();
    },
    cursor_(subscription: number): string {
      wasm.subscription_cursor_(subscription);
      return text(output + Output.cursor);
    },

    publish_(
      topic: string,
      key: string,
      dataBytes: number,
      timeout: number | undefined,
    ): number | FreshetError {
      return wasm.publish_(...writeTwo(topic, key), dataBytes, timeout ?? 30_000) || error();
    },

    /** `id` is a connection, or a POST below zero; so for `ended_`. */
    control_(id: number, frame: string): void {
      wasm.control_(id, write(encoder.encode(flatten(frame))));
    },
    message_(connection: number, frame: string): Delivery {
      const [topic, id, time, json] = readMessage(frame);
      // A topic is ASCII, and calling an encoder takes longer than all of this.
      const at = wasm.input_buffer_(topic.length);
      const heap = view();
      for (let n = 0; n < topic.length; n++) heap.setUint8(at + n, topic.charCodeAt(n));
      let count = wasm.message_(connection, id, topic.length);
      const ids: number[] = [];
      for (let next = word(output + Output.subscriptions); count--; next += 4) ids.push(word(next));
      return [messageFrom(topic, id, time, json), ids];
    },
    ended_(id: number, end: End): void {
      const { kind, code = 0, retryAfter_: retryAfter = -1, ticket_: ticket = "", reason = "" } = end;
      wasm.ended_(id, kind, code, retryAfter, ...writeTwo(ticket, reason));
    },
    nextAction_(): Action | undefined {
      const at = wasm.next_action_();
      if (!at) return;
      return [
        byte(at + ActionAt.kind),
        word(at + ActionAt.id),
        transportNames[byte(at + ActionAt.transport)]!,
        word(at + ActionAt.publish),
        word(at + ActionAt.closeCode),
        codeAt(at + ActionAt.code),
        Number(view().getBigUint64(at + ActionAt.messageId, true)),
        text(at + ActionAt.text),
        ...unflatten(text(at + ActionAt.members)),
        text(at + ActionAt.after),
        text(at + ActionAt.until),
      ];
    },
    state_(): State {
      const at = wasm.status_();
      const bits = byte(at + StatusAt.unavailable);
      const transport = transportNames[byte(at + StatusAt.transport)]!;
      const reason = text(at + StatusAt.reason);
      // In the order of Status::Kind.
      const states = [
        { kind: "idle" },
        { kind: "connecting", transport },
        { kind: "live", transport },
        {
          kind: "waiting",
          retryInMs: word(at + StatusAt.retryIn),
          attempt: word(at + StatusAt.attempt),
          reason,
        },
        {
          kind: "closed",
          error: byte(at + StatusAt.failed)
            ? new FreshetError(codeAt(at + StatusAt.code), reason)
            : undefined,
        },
      ] as const;
      return {
        ...states[byte(at + StatusAt.kind)]!,
        unavailable: transportNames.filter((_, index) => (bits >> index) & 1),
      };
    },
  };
}
