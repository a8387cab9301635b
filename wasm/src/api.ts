// What an application sees of @freshet/client: options, messages, gaps, states and handles. Types
// only. All durations are whole milliseconds.

import type { FreshetError } from "./error.js";
import type { DataOf } from "./topics.js";

/** The four ways a message can travel. */
export type Transport = "websocket" | "sse" | "long-polling" | "polling";

/**
 * An order in which transports are tried, best first.
 * - `bidirectional`: websocket, sse, long-polling, polling. Chat and whatever publishes often.
 * - `feed`: sse, websocket, long-polling, polling. Tickers, dashboards.
 * - `occasional`: long-polling, polling. Rare notifications, no stream held open.
 */
export type Profile = "bidirectional" | "feed" | "occasional";

/** One message of a subscription. */
export interface Message<Data = unknown> {
  /** The topic it was published on, such as `prices.AAPL`. */
  readonly topic: string;
  /** Position in the log: strictly increasing over all topics, below 2^53. */
  readonly id: number;
  /** Milliseconds since 1970-01-01, by the server's clock. */
  readonly time: number;
  /**
   * The published value. It stays text until it is read for the first time; what is not JSON throws
   * a FreshetError `invalid_json` there.
   */
  readonly data: Data;
}

/** Some messages of a subscription can no longer be had: those with ids in (after, until]. */
export interface Gap {
  /** The subscription's pattern. */
  readonly pattern: string;
  /** Cursor. Its epoch differs from that of `until` when the epoch changed. */
  readonly after: string;
  /** Cursor. */
  readonly until: string;
  /**
   * - `epoch`: the server's log has begun a new life; what was in the old one is or may be lost.
   * - `retention`: the log has dropped them for age or room.
   * - `slow`: this client read too slowly and the server gave up on them.
   * - `limit`: more than `unreadMax` messages waited for the `for await` loop.
   */
  readonly reason: "epoch" | "retention" | "slow" | "limit";
}

/** What every state carries. */
export interface StateBase {
  /** Transports of the list that this runtime or server does not have at all. Default: none. */
  readonly unavailable: readonly Transport[];
}
/** Nothing to do: no subscription and no publish yet. */
export interface IdleState extends StateBase {
  readonly kind: "idle";
}
/** An attempt is under way. */
export interface ConnectingState extends StateBase {
  readonly kind: "connecting";
  /** The newest attempt's. */
  readonly transport: Transport;
}
/** The server has said hello; messages flow. */
export interface LiveState extends StateBase {
  readonly kind: "live";
  /** The one in use. */
  readonly transport: Transport;
}
/** Between two attempts. */
export interface WaitingState extends StateBase {
  readonly kind: "waiting";
  /** Milliseconds from the change of state until the next attempt. */
  readonly retryInMs: number;
  /** 0 = the first return after a loss. */
  readonly attempt: number;
  /** A sentence: "the server closed the stream". */
  readonly reason: string;
}
/** By the application, or by a final answer. Never left again. */
export interface ClosedState extends StateBase {
  readonly kind: "closed";
  /** Undefined when the application closed it. */
  readonly error: FreshetError | undefined;
}
/** What the client is doing: exactly one of five. */
export type State = IdleState | ConnectingState | LiveState | WaitingState | ClosedState;

/** What a publish came to when it succeeded. */
export interface Ack {
  /** The message's id in the log. */
  readonly id: number;
}

/** Ends what it was returned for. Calling it again does nothing. */
export type Dispose = () => void;

/** A constructor like the browser's WebSocket, such as the default export of npm `ws`. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
/** What is used of a WebSocket. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** A constructor like the browser's EventSource. */
export type EventSourceConstructor = new (url: string) => EventSourceLike;
/** What is used of an EventSource. */
export interface EventSourceLike {
  onopen: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  addEventListener(type: string, listener: (event: { readonly data: string }) => void): void;
  close(): void;
}

/** WebAssembly.Module, where the project's libraries declare it; Node's types do not. */
export type CompiledModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : never;

/** Where the WebAssembly module comes from. */
export type WasmSource =
  | string
  | URL
  | Response
  | ArrayBuffer
  | ArrayBufferView<ArrayBuffer>
  | CompiledModule
  | PromiseLike<Response | ArrayBuffer | ArrayBufferView<ArrayBuffer> | CompiledModule>;

/** Options of {@link connect}; all have defaults. Durations are milliseconds. */
export interface ClientOptions {
  /** The order in which transports are tried. Default: `bidirectional`. */
  profile?: Profile;
  /** An order of your own, best first; overrides `profile`. Default: the profile's. */
  transports?: readonly Transport[];
  /**
   * `windowed` spreads returns over the window the server advises; right for fleets. `none` returns
   * at once, always: for tests and private links, a fleet of these is a stampede.
   * Default: `windowed`.
   */
  reconnect?: "windowed" | "none";
  /**
   * The first connect is drawn evenly from [0, initialSpread] ms. For fleets that start together.
   * Default: 0, at once.
   */
  initialSpread?: number;
  /**
   * On the first connect the next transport is started beside one that has not said hello after
   * this many ms. Shorter finds a way sooner through bad networks and costs spare connections on
   * slow ones. Default: 2,500.
   */
  hedgeAfter?: number;
  /** An attempt without hello for this many ms has failed. Default: 10,000. */
  connectTimeout?: number;
  /**
   * How many ms a choice below the first is kept before the better transports are probed again in
   * the background; after an outage that led there, once as soon as the connection is stable.
   * Default: 1,800,000 (30 minutes).
   */
  reprobeAfter?: number;
  /**
   * How many ms one long poll may wait, at most 55,000. Proxies cut quiet requests, often at
   * 60,000. Default: 25,000.
   */
  longPollWait?: number;
  /** Milliseconds between two short polls. Default: 0, as the server advises. */
  pollInterval?: number;
  /** Publishes that wait for a connection or an answer, at most; then `queue_full`. Default: 100. */
  publishQueueMax?: number;
  /** The same in bytes of their JSON. Default: 1,048,576 (1 MiB). */
  publishQueueBytesMax?: number;
  /**
   * Called before each connection for credentials, sent as `Authorization: Bearer …`, and on a
   * WebSocket, which cannot carry headers, as the first frame. The signal aborts when the
   * connection is no longer wanted. SSE goes over fetch then, because EventSource cannot carry
   * headers either. Default: none are sent.
   */
  token?: (context: { readonly signal: AbortSignal }) => string | Promise<string>;
  /** The module to use. Default: the package's own; compiled once per page. */
  wasm?: WasmSource;
  /** The WebSocket to use; null does without. Default: the runtime's own. */
  webSocket?: WebSocketConstructor | null;
  /** The EventSource to use; null does without: SSE goes over fetch. Default: the runtime's own. */
  eventSource?: EventSourceConstructor | null;
  /** The fetch to use; null does without. Default: the runtime's own. */
  fetch?: typeof fetch | null;
}

/** Options of {@link Client.subscribe}; all have defaults. */
export interface SubscribeOptions<Data = unknown> {
  /**
   * Where to start: `latest` (live from now), `earliest`, `last:N` (the newest N of each matched
   * topic, then live), or a cursor kept from an earlier run. Default: `latest`.
   */
  cursor?: string;
  /**
   * Some matching messages are gone; those that survive follow. In a `for await` loop it is called
   * between the messages it stands between. Default: gaps pass unseen.
   */
  onGap?: (gap: Gap) => void;
  /** Replay has caught up; called once after each (re)connect. Default: nothing is called. */
  onLive?: () => void;
  /**
   * After `invalid_json` (what `parse` threw) the subscription goes on; any other error has ended
   * it. Default: an end is thrown in the `for await` loop; the rest goes to `console.error`.
   */
  onError?: (error: FreshetError) => void;
  /**
   * Makes the application's type out of the parsed JSON, or throws; then the message goes to
   * `onError` as `invalid_json`. Default: the data is taken as typed, unchecked.
   */
  parse?: (data: unknown) => Data;
  /** Aborting it closes the subscription; a `for await` loop ends quietly. Default: none. */
  signal?: AbortSignal;
  /** Messages held unread for a `for await` loop, at most; then a gap. Default: 1,000. */
  unreadMax?: number;
}

/** Options of {@link Client.subscribe} with a listener. */
export interface ListenOptions<Data = unknown> extends SubscribeOptions<Data> {
  /** Called for each message, in order and once. */
  onMessage: (message: Message<Data>) => void;
}

/** Options of {@link Client.publish}; all have defaults. */
export interface PublishOptions {
  /** Milliseconds it may take, waiting for a connection included; then `timeout`. Default: 30,000. */
  timeout?: number;
  /**
   * Idempotency key: repeats with the same key within 15 minutes are stored once. Default: one the
   * client makes, so that its own repeats are harmless.
   */
  key?: string;
  /** Aborting it rejects the promise with the signal's reason; it may yet arrive. Default: none. */
  signal?: AbortSignal;
}

/** The handle of a subscription that has a listener. */
export interface Subscription {
  /** As given to subscribe(). */
  readonly pattern: string;
  /**
   * The newest cursor, to be kept and given as `cursor` in a later run; empty before the server has
   * answered. Moves before the listener runs.
   */
  readonly cursor: string;
  /** Ends it; nothing of it is called any more. Bound: it can be passed on as a function. */
  readonly close: Dispose;
}

/**
 * The handle of a subscription without a listener: read it with `for await`. Leaving the loop
 * closes it. It has one reader; a second loop takes turns with the first.
 */
export interface MessageStream<Data = unknown>
  extends Subscription, AsyncIterable<Message<Data>, undefined> {}

/**
 * One connection to a server, whatever the transport. `Topics` maps patterns to the type of their
 * data. All members are bound, so they can be passed on as functions.
 */
export interface Client<Topics extends object = Record<never, never>> {
  /**
   * Delivers every message of the topics that `pattern` matches to the listener, in order and once,
   * until it is closed. Identical subscriptions share one entry on the wire.
   */
  subscribe<P extends string, Data = DataOf<Topics, P>>(
    pattern: P,
    listener: ((message: Message<Data>) => void) | ListenOptions<Data>,
  ): Subscription;
  /** The same, for a `for await` loop. */
  subscribe<P extends string, Data = DataOf<Topics, P>>(
    pattern: P,
    options?: SubscribeOptions<Data> & { onMessage?: undefined },
  ): MessageStream<Data>;

  /**
   * Publishes one JSON value; fulfilled once the log has it. Rejects with a FreshetError:
   * `queue_full`, `timeout`, `closed`, `forbidden`, `unauthorized`, `too_large`, `invalid_topic`,
   * `invalid_json`, `outcome_unknown`; or with the reason of an aborted signal.
   */
  publish<T extends string>(
    topic: T,
    data: DataOf<Topics, T>,
    options?: PublishOptions,
  ): Promise<Ack>;

  /** Calls the listener with the current state at once, then with each change. */
  onState(listener: (state: State) => void): Dispose;
  /** The current state; the same object until it changes. */
  getState(): State;

  /**
   * Another order of transports, while it runs: handed over without loss. Throws
   * `invalid_argument` when the list is empty or names what is no transport.
   */
  setTransports(transports: readonly Transport[]): void;

  /** Ends everything; pending publishes reject with `closed`, loops end quietly. */
  close(): void;
}

/** Type of `connect`. */
export type Connect = <Topics extends object = Record<never, never>>(
  url: string | URL,
  options?: ClientOptions,
) => Client<Topics>;
