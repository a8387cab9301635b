// One instance of the WebAssembly module, which holds one client's core: text and numbers in, the
// actions it wants taken out. The only file that knows the module's exports and memory.

import type { State, Transport } from "./api.js";
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
  sendText,
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
  body: string,
  after: string,
  until: string,
];

/** A message's head, who gets it, and where the value of `data` begins in the frame. */
export type Delivery = [
  topic: string,
  id: number,
  time: number,
  offset: number,
  subscriptions: number[],
];

/** As exports.txt, an underscore behind each; bindings/client.cpp and bindings/sse.cpp say what each does. */
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
  message_(connection: number, bytes: number): number;
  control_(connection: number, bytes: number): void;
  publish_answered_(post: number, bytes: number): void;
  ended_(
    post: number,
    connection: number,
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
  code_name_(code: number): number;
  sse_begin_(): number;
  sse_feed_(parser: number, bytes: number): void;
  sse_next_(parser: number): number;
  sse_end_(parser: number): void;
}

/** Undefined keeps the core's default. In the order of core::ClientConfig. */
export type CoreSettings = [
  initialSpread: number | undefined,
  hedgeAfter: number | undefined,
  connectTimeout: number | undefined,
  reprobeAfter: number | undefined,
  longPollWait: number | undefined,
  pollInterval: number | undefined,
  publishQueueMax: number | undefined,
  publishQueueBytesMax: number | undefined,
];

export type Core = Awaited<ReturnType<typeof createCore>>;

// wire::head_bytes_max.
const headBytesMax = 352;
// bindings::Output.
const enum Output {
  id = 0,
  time = 8,
  topic = 16,
  subscriptions = 24,
  subscriptionCount = 28,
  text = 32,
  code = 40,
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
  body = 40,
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
const decoder = new TextDecoder();

export const bytesOf = (text: string): number => encoder.encode(text).length;

/** Whether a frame is a control frame. */
export const isControl = (frame: string): boolean => frame.startsWith('{"op":');

// A control frame as from wire::flatten(); empty when it is not JSON.
function flatten(frame: string): string {
  let flat = "";
  try {
    for (const [name, value] of Object.entries<unknown>(JSON.parse(frame))) {
      flat += `${name}\0${typeof value === "string" ? '"' : Array.isArray(value) ? "[" : ""}${value}\0`;
    }
  } catch {
    return "";
  }
  return flat;
}

export async function createCore(
  module: WebAssembly.Module,
  transports: number,
  reconnect: number,
  settings: CoreSettings,
) {
  // Read on the way in and not by each call: a browser's clock costs as much as a message.
  let time = 0;
  const now = (): number => (time = Math.floor(performance.now()));
  const instance = await WebAssembly.instantiate(module, { env: { now: () => time } });
  const wasm = instance.exports as unknown as Exports;
  settings.forEach((value, option) => value === undefined || wasm.configure_(option, value));
  const output = wasm.create_(Math.random() * 2 ** 53, transports, reconnect);

  // Memory may have grown in any call, and a view of what it was before is empty then.
  let memory = new DataView(wasm.memory_.buffer);
  const view = (): DataView =>
    memory.buffer === wasm.memory_.buffer ? memory : (memory = new DataView(wasm.memory_.buffer));
  const byte = (at: number): number => view().getUint8(at);
  const word = (at: number): number => view().getUint32(at, true);
  const double = (at: number): number => view().getFloat64(at, true);
  const bytesAt = (at: number, count: number): Uint8Array =>
    new Uint8Array(wasm.memory_.buffer, at, count);
  const buffer = (bytes: number): Uint8Array => bytesAt(wasm.input_buffer_(bytes), bytes);
  // A freshet::Text or std::string_view: where it is and how long.
  const text = (at: number): string => decoder.decode(bytesAt(word(at), word(at + 4)));
  const codeAt = (at: number): ErrorCode => text(wasm.code_name_(byte(at))) as ErrorCode;

  const write = (bytes: Uint8Array): number => {
    buffer(bytes.length).set(bytes);
    return bytes.length;
  };
  // Two texts, one behind the other.
  const writeTwo = (one: string, two: string): [oneBytes: number, twoBytes: number] => {
    const oneBytes = bytesOf(one);
    return [oneBytes, write(encoder.encode(one + two)) - oneBytes];
  };
  const error = (): FreshetError =>
    new FreshetError(codeAt(output + Output.code), text(output + Output.text));

  // What needs no translation is called as it is.
  return {
    ...wasm,
    now_: now,

    subscribe_(pattern: string, cursor: string): number | FreshetError {
      return wasm.subscribe_(...writeTwo(pattern, cursor)) || error();
    },
    cursor_(subscription: number): string {
      wasm.subscription_cursor_(subscription);
      return text(output + Output.text);
    },

    publish_(
      topic: string,
      key: string,
      dataBytes: number,
      timeout: number | undefined,
    ): number | FreshetError {
      return wasm.publish_(...writeTwo(topic, key), dataBytes, timeout ?? 30_000) || error();
    },

    control_(connection: number, frame: string): void {
      wasm.control_(connection, write(encoder.encode(flatten(frame))));
    },
    /** One message frame. Only its head is copied. */
    message_(connection: number, frame: string): Delivery | undefined {
      // One byte for each code unit, so that the core's offsets are ours. What is not ASCII can
      // only be part of a value that the core skips. No more than the core looks at.
      const bytes = Math.min(frame.indexOf(',"data":') + 8, headBytesMax);
      const head = wasm.input_buffer_(headBytesMax);
      const heap = view();
      for (let at = 0; at < bytes; at++) {
        const unit = frame.charCodeAt(at);
        heap.setUint8(head + at, unit < 128 ? unit : 63);
      }
      const offset = wasm.message_(connection, bytes);
      if (!offset) return;
      const subscriptions: number[] = [];
      const first = word(output + Output.subscriptions);
      for (let n = 0; n < word(output + Output.subscriptionCount); n++) subscriptions.push(word(first + 4 * n));
      return [
        text(output + Output.topic),
        double(output + Output.id),
        double(output + Output.time),
        offset,
        subscriptions,
      ];
    },
    publishAnswered_(post: number, line: string): void {
      wasm.publish_answered_(post, write(encoder.encode(flatten(line))));
    },
    /** Of one of both; the other is 0. */
    ended_(post: number, connection: number, end: End): void {
      const { kind, code = 0, retryAfter_: retryAfter = -1, ticket_: ticket = "", reason = "" } = end;
      wasm.ended_(post, connection, kind, code, retryAfter, ...writeTwo(ticket, reason));
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
        text(at + ActionAt.body),
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

    /** The frames that are whole with these bytes of an event stream; undefined: one is too large. */
    readSse_(parser: number, bytes: Uint8Array): string[] | undefined {
      const frames: string[] = [];
      wasm.sse_feed_(parser, write(bytes));
      for (let at; (at = wasm.sse_next_(parser)); frames.push(text(at))) if (at === 1) return;
      return frames;
    },
  };
}
