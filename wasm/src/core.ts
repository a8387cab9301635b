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
  readonly retryAfter?: number | undefined;
  readonly ticket?: string;
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

export interface CoreError {
  readonly code: ErrorCode;
  readonly text: string;
}

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
export interface Action extends CoreError {
  readonly kind: ActionKind;
  readonly id: number;
  readonly transport: Transport;
  readonly publish: number;
  readonly closeCode: number;
  readonly messageId: number;
  readonly body: string;
  readonly after: string;
  readonly until: string;
}

/** A message's head and who gets it. */
export interface Delivery {
  readonly topic: string;
  readonly id: number;
  readonly time: number;
  /** Where the value of `data` begins in the frame. */
  readonly offset: number;
  readonly subscriptions: number[];
}

/** As exports.txt; bindings/client.cpp and bindings/sse.cpp say what each does. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  input_buffer(bytes: number): number;
  configure(option: number, value: number): void;
  create(seed: number, transports: number, reconnect: number): number;
  subscribe(patternBytes: number, cursorBytes: number): number;
  unsubscribe(subscription: number): void;
  subscription_cursor(subscription: number): void;
  publish(
    topicBytes: number,
    keyBytes: number,
    dataBytes: number,
    timeout: number,
  ): number;
  cancel_publish(publish: number): void;
  set_transports(transports: number): void;
  close_client(): void;
  message(connection: number, bytes: number): number;
  control(connection: number, bytes: number): void;
  publish_answered(post: number, bytes: number): void;
  ended(
    post: number,
    connection: number,
    kind: EndKind,
    code: number,
    retryAfter: number,
    ticketBytes: number,
    reasonBytes: number,
  ): void;
  network_changed(event: NetworkEvent): void;
  time_out(): void;
  next_timeout(): number;
  next_action(): number;
  status(): number;
  code_name(code: number): number;
  sse_begin(): number;
  sse_feed(parser: number, bytes: number): void;
  sse_next(parser: number): number;
  sse_end(parser: number): void;
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
  const now = (): number => Math.floor(performance.now());
  const instance = await WebAssembly.instantiate(module, { env: { now } });
  const wasm = instance.exports as unknown as Exports;
  settings.forEach((value, option) => value === undefined || wasm.configure(option, value));
  const output = wasm.create(Math.random() * 2 ** 53, transports, reconnect);

  // Memory may have grown in any call, and a view of what it was before is empty then.
  let memory = new DataView(wasm.memory.buffer);
  const view = (): DataView =>
    memory.buffer === wasm.memory.buffer ? memory : (memory = new DataView(wasm.memory.buffer));
  const byte = (at: number): number => view().getUint8(at);
  const word = (at: number): number => view().getUint32(at, true);
  const bytesAt = (at: number, count: number): Uint8Array =>
    new Uint8Array(wasm.memory.buffer, at, count);
  const buffer = (bytes: number): Uint8Array => bytesAt(wasm.input_buffer(bytes), bytes);
  // A freshet::Text or std::string_view: where it is and how long.
  const text = (at: number): string => decoder.decode(bytesAt(word(at), word(at + 4)));
  const codeAt = (at: number): ErrorCode => text(wasm.code_name(byte(at))) as ErrorCode;

  const write = (bytes: Uint8Array): number => {
    buffer(bytes.length).set(bytes);
    return bytes.length;
  };
  // Two texts, one behind the other.
  const writeTwo = (one: string, two: string): [oneBytes: number, twoBytes: number] => {
    const oneBytes = bytesOf(one);
    return [oneBytes, write(encoder.encode(one + two)) - oneBytes];
  };
  const error = (): CoreError => ({
    code: codeAt(output + Output.code),
    text: text(output + Output.text),
  });

  // What needs no translation is called as it is.
  return {
    ...wasm,
    now,

    subscribe(pattern: string, cursor: string): number | CoreError {
      return wasm.subscribe(...writeTwo(pattern, cursor)) || error();
    },
    cursor(subscription: number): string {
      wasm.subscription_cursor(subscription);
      return text(output + Output.text);
    },

    publish(
      topic: string,
      key: string,
      dataBytes: number,
      timeout: number | undefined,
    ): number | CoreError {
      return wasm.publish(...writeTwo(topic, key), dataBytes, timeout ?? 30_000) || error();
    },

    control(connection: number, frame: string): void {
      wasm.control(connection, write(encoder.encode(flatten(frame))));
    },
    /** One message frame. Only its head is copied. */
    message(connection: number, frame: string): Delivery | undefined {
      // One byte for each code unit, so that the core's offsets are ours. What is not ASCII can
      // only be part of a value that the core skips.
      const bytes = Math.min(frame.length, headBytesMax);
      const head = buffer(bytes);
      for (let at = 0; at < bytes; at++) {
        const unit = frame.charCodeAt(at);
        head[at] = unit < 128 ? unit : 63;
      }
      const offset = wasm.message(connection, bytes);
      if (!offset) return;
      return {
        topic: text(output + Output.topic),
        id: view().getFloat64(output + Output.id, true),
        time: view().getFloat64(output + Output.time, true),
        offset,
        subscriptions: [
          ...new Uint32Array(
            wasm.memory.buffer,
            word(output + Output.subscriptions),
            word(output + Output.subscriptionCount),
          ),
        ],
      };
    },
    publishAnswered(post: number, line: string): void {
      wasm.publish_answered(post, write(encoder.encode(flatten(line))));
    },
    /** Of one of both; the other is 0. */
    ended(post: number, connection: number, end: End): void {
      const { kind, code = 0, retryAfter = -1, ticket = "", reason = "" } = end;
      wasm.ended(post, connection, kind, code, retryAfter, ...writeTwo(ticket, reason));
    },
    nextAction(): Action | undefined {
      const at = wasm.next_action();
      return at
        ? {
            kind: byte(at + ActionAt.kind),
            id: word(at + ActionAt.id),
            transport: transportNames[byte(at + ActionAt.transport)]!,
            publish: word(at + ActionAt.publish),
            closeCode: word(at + ActionAt.closeCode),
            code: codeAt(at + ActionAt.code),
            messageId: Number(view().getBigUint64(at + ActionAt.messageId, true)),
            text: text(at + ActionAt.text),
            body: text(at + ActionAt.body),
            after: text(at + ActionAt.after),
            until: text(at + ActionAt.until),
          }
        : undefined;
    },
    state(): State {
      const at = wasm.status();
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
    readSse(parser: number, bytes: Uint8Array): string[] | undefined {
      const frames: string[] = [];
      wasm.sse_feed(parser, write(bytes));
      for (let at; (at = wasm.sse_next(parser)); frames.push(text(at))) if (at === 1) return;
      return frames;
    },
  };
}
