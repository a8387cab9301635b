// One instance of the WebAssembly module, which holds one client's core: text and numbers in, the
// actions it wants taken out. The only file that knows the module's exports and memory.

import type { ErrorCode } from "./error.js";
import type { Gap, State, Transport } from "./api.js";

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

export interface CoreError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A state as the core writes it: its error is not an Error yet. */
export type CoreState = State extends infer S
  ? S extends { kind: "closed" }
    ? Omit<S, "error"> & { readonly error?: CoreError }
    : S
  : never;

export const enum ActionKind {
  openStream,
  poll,
  sendText,
  sendPublish,
  postPublishes,
  cancelPost,
  closeConnection,
  stateChanged,
  tellGap,
  tellLive,
  tellSubscriptionError,
  tellPublished,
}

/** What the core asks for; sdk/core/action.h says what each means. */
export type Action =
  | [ActionKind.openStream, connection: number, transport: Transport, target: string]
  | [ActionKind.poll, connection: number, target: string, body: string]
  | [ActionKind.sendText, connection: number, text: string]
  | [ActionKind.sendPublish, connection: number, publish: number, head: string]
  | [ActionKind.postPublishes, request: number, lines: [publish: number, head: string][]]
  | [ActionKind.cancelPost, request: number]
  | [ActionKind.closeConnection, connection: number, code: number]
  | [ActionKind.stateChanged, state: CoreState]
  | [ActionKind.tellGap, subscription: number, gap: Gap]
  | [ActionKind.tellLive, subscription: number]
  | [ActionKind.tellSubscriptionError, subscription: number, error: CoreError]
  | [ActionKind.tellPublished, publish: number, id: number | CoreError];

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
  _initialize(): void;
  input_buffer(bytes: number): number;
  create(...settings: CoreSettings): number;
  subscribe(now: number, patternBytes: number, cursorBytes: number): number;
  unsubscribe(now: number, subscription: number): void;
  subscription_cursor(subscription: number): void;
  publish(
    now: number,
    topicBytes: number,
    keyBytes: number,
    dataBytes: number,
    timeout: number | undefined,
  ): number;
  cancel_publish(now: number, publish: number): void;
  set_transports(now: number, transports: number): void;
  close_client(now: number): void;
  frame(now: number, connection: number, bytes: number): number;
  connection_ended(now: number, connection: number, ...end: EndArguments): void;
  publishes_answered(now: number, request: number, bytes: number): void;
  publishes_failed(now: number, request: number, ...end: EndArguments): void;
  network_changed(now: number, event: NetworkEvent): void;
  time_out(now: number): void;
  next_timeout(): number;
  next_action(): number;
  sse_feed(connection: number, bytes: number): void;
  sse_next(connection: number): 0 | 1 | 2;
  sse_end(connection: number): void;
}

type EndArguments = [
  kind: EndKind,
  code: number,
  retryAfter: number,
  ticketBytes: number,
  reasonBytes: number,
];

/** Undefined arrives as NaN, which keeps the core's default. */
export type CoreSettings = [
  seed: number,
  transports: number,
  reconnect: number,
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
  topicOffset = 16,
  topicBytes = 20,
  subscriptions = 24,
  subscriptionCount = 28,
  text = 32,
  textBytes = 36,
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOf = (text: string): number => encoder.encode(text).length;

/** Whether a frame is a control frame: those cross whole. */
export const isControl = (frame: string): boolean => frame.startsWith('{"op":');

export async function createCore(module: WebAssembly.Module, settings: CoreSettings) {
  const instance = await WebAssembly.instantiate(module, {
    env: { emscripten_notify_memory_growth() {} },
  });
  const wasm = instance.exports as unknown as Exports;
  wasm._initialize();
  const output = wasm.create(...settings);

  // Memory may have grown in any call, and a view of what it was before is empty then.
  let view = new DataView(wasm.memory.buffer);
  const read = (field: Output): number => {
    if (view.buffer !== wasm.memory.buffer) view = new DataView(wasm.memory.buffer);
    return view.getUint32(output + field, true);
  };
  const buffer = (bytes: number): Uint8Array =>
    new Uint8Array(wasm.memory.buffer, wasm.input_buffer(bytes), bytes);

  const now = (): number => Math.floor(performance.now());
  const write = (bytes: Uint8Array): number => {
    buffer(bytes.length).set(bytes);
    return bytes.length;
  };
  // Two texts, one behind the other.
  const writeTwo = (one: string, two: string): [oneBytes: number, twoBytes: number] => {
    const oneBytes = bytesOf(one);
    return [oneBytes, write(encoder.encode(one + two)) - oneBytes];
  };
  const text = (): string =>
    decoder.decode(
      new Uint8Array(wasm.memory.buffer, read(Output.text), read(Output.textBytes)),
    );
  const error = (): CoreError => JSON.parse(text()) as CoreError;
  const endArguments = (end: End): EndArguments => [
    end.kind,
    end.code ?? 0,
    end.retryAfter ?? -1,
    ...writeTwo(end.ticket ?? "", end.reason ?? ""),
  ];

  return {
    now,

    subscribe(pattern: string, cursor: string): number | CoreError {
      return wasm.subscribe(now(), ...writeTwo(pattern, cursor)) || error();
    },
    unsubscribe(subscription: number): void {
      wasm.unsubscribe(now(), subscription);
    },
    cursor(subscription: number): string {
      wasm.subscription_cursor(subscription);
      return text();
    },

    publish(
      topic: string,
      key: string,
      dataBytes: number,
      timeout: number | undefined,
    ): number | CoreError {
      return wasm.publish(now(), ...writeTwo(topic, key), dataBytes, timeout) || error();
    },
    cancelPublish(publish: number): void {
      wasm.cancel_publish(now(), publish);
    },
    setTransports(transports: number): void {
      wasm.set_transports(now(), transports);
    },
    close(): void {
      wasm.close_client(now());
    },

    /** One frame. The payload stays out: only the head is copied, unless it is a control frame. */
    frame(connection: number, frame: string): Delivery | undefined {
      let bytes: number;
      if (isControl(frame)) {
        bytes = write(encoder.encode(frame));
      } else {
        // One byte for each code unit, so that the core's offsets are ours. What is not ASCII can
        // only be part of a value that the core skips.
        bytes = Math.min(frame.length, headBytesMax);
        const head = buffer(bytes);
        for (let at = 0; at < bytes; at++) {
          const unit = frame.charCodeAt(at);
          head[at] = unit < 128 ? unit : 63;
        }
      }
      const offset = wasm.frame(now(), connection, bytes);
      if (!offset) return;
      const topic = read(Output.topicOffset);
      return {
        topic: frame.slice(topic, topic + read(Output.topicBytes)),
        id: view.getFloat64(output + Output.id, true),
        time: view.getFloat64(output + Output.time, true),
        offset,
        subscriptions: [
          ...new Uint32Array(
            wasm.memory.buffer,
            read(Output.subscriptions),
            read(Output.subscriptionCount),
          ),
        ],
      };
    },
    connectionEnded(connection: number, end: End): void {
      wasm.connection_ended(now(), connection, ...endArguments(end));
    },
    publishesAnswered(request: number, answer: string): void {
      wasm.publishes_answered(now(), request, write(encoder.encode(answer)));
    },
    publishesFailed(request: number, end: End): void {
      wasm.publishes_failed(now(), request, ...endArguments(end));
    },
    networkChanged(event: NetworkEvent): void {
      wasm.network_changed(now(), event);
    },

    /** By `now`; negative: not at all. */
    nextTimeout: (): number => wasm.next_timeout(),
    timeOut(): void {
      wasm.time_out(now());
    },
    nextAction(): Action | undefined {
      return wasm.next_action() ? (JSON.parse(text()) as Action) : undefined;
    },

    /** Bytes of an event stream; then take its events out. */
    feedSse(connection: number, bytes: Uint8Array): void {
      wasm.sse_feed(connection, write(bytes));
    },
    /** The next frame; undefined: none yet; null: an event is too large. */
    nextSse(connection: number): string | undefined | null {
      const result = wasm.sse_next(connection);
      return result === 1 ? text() : result ? null : undefined;
    },
    endSse(connection: number): void {
      wasm.sse_end(connection);
    },
  };
}
