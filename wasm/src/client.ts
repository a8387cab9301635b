// connect(): drives the core with what happens and performs the actions it asks for. The wasm loads
// behind it; until then, and after a trap, subscriptions and publishes wait here.

import type {
  Ack,
  Client,
  ClientOptions,
  Dispose,
  Gap,
  PublishOptions,
  State,
  Transport,
} from "./api.js";
import {
  type Action,
  ActionKind,
  bytesOf,
  type Core,
  type CoreSettings,
  createCore,
  EndKind,
  isControl,
  transportNames,
} from "./core.js";
import { FreshetError } from "./error.js";
import { openEventSource } from "./event_source.js";
import { exchange, type Read } from "./http.js";
import { watchPage } from "./page.js";
import { readLines } from "./poll.js";
import { openSseFetch } from "./sse_fetch.js";
import { type AnyOptions, createSubscription, type Entry } from "./subscription.js";
import { tell } from "./tell.js";
import { openWebSocket } from "./websocket.js";
import type { Wire } from "./wire.js";

/** A publish that is not over. */
interface Pending {
  readonly topic: string;
  readonly json_: string;
  readonly options: PublishOptions;
  /** The core's number for it; 0 while the core does not know it. */
  id: number;
  readonly settle_: (outcome: number | FreshetError) => void;
}

// As the core takes them: decimal digits, the first the lowest; 1 websocket … 4 polling.
const profiles = { bidirectional: 4321, feed: 4312, occasional: 43 };

function digits(transports: readonly Transport[]): number {
  let all = 0;
  let digit = 1;
  for (const transport of new Set(transports)) {
    const index = transportNames.indexOf(transport);
    if (index < 0) throw new FreshetError("invalid_argument", `'${transport}' is no transport`);
    all += (index + 1) * digit;
    digit *= 10;
  }
  if (!all) throw new FreshetError("invalid_argument", "the list of transports is empty");
  return all;
}

// "https://host:port/prefix", without a trailing slash; relative addresses are the page's.
function baseUrl(url: string): string {
  const { href, origin } = (globalThis.location as Location | undefined) ?? {};
  const { protocol, host, pathname } = new URL(url, href?.startsWith("blob:") ? origin : href);
  const secure = /^(http|ws)(s?):$/.exec(protocol);
  if (!secure) throw new Error("not http or https");
  return `http${secure[2]}://${host}${pathname.replace(/\/+$/, "")}`;
}

// As core::poll_target_bytes_max: longer addresses become the body of a POST.
const pollTargetMax = 2000;

// A trap is a fault of ours, and may come again: a fleet must not hammer the server with it.
const trapsMax = 5;
const trapSpread = 2000;
const trapMemory = 600_000;

/**
 * `load` gives the compiled core, `loadSse` the parser of event streams; called again when it could
 * not be fetched.
 */
export function createClient(
  url: string,
  options: ClientOptions,
  load: () => Promise<WebAssembly.Module>,
  loadSse: () => Promise<WebAssembly.Module>,
): Client {
  let transports = options.transports
    ? digits(options.transports)
    : profiles[options.profile ?? "bidirectional"];
  let state: State = Object.freeze({ kind: "idle", unavailable: [] });
  let core: Core | undefined;
  let performing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = 0;
  let traps = 0;
  let trappedAt = 0;
  let closing = false;
  let controlFrames = 0;
  // Of the next POST.
  let lines = "";
  let base = "";

  const listeners = new Set<(state: State) => void>();
  const entries = new Set<Entry>();
  const entriesById = new Map<number, Entry>();
  const publishes = new Set<Pending>();
  const publishesById = new Map<number, Pending>();
  // By their connection; those of POSTs by the POST's number below zero.
  const wires = new Map<number, Wire>();
  const life = new AbortController();

  const closed = (): boolean => state.kind === "closed";

  const setState = (next: State): void => {
    state = Object.freeze(next);
    // A listener may close the client, and then the others have been told so.
    for (const listener of [...listeners]) if (state === next) tell(listener, next);
    if (next.kind !== "closed") return;
    life.abort();
    for (const pending of [...publishes]) {
      pending.settle_(next.error ?? new FreshetError("closed", "the client was closed"));
    }
    for (const entry of [...entries]) entry.end_(next.error);
    entries.clear();
  };
  const setClosed = (error: FreshetError | undefined): void =>
    setState({ kind: "closed", error, unavailable: state.unavailable });

  // The core --------------------------------------------------------------------------------

  // Every way into the core: what `work` has made it ask for is done before this returns, but for
  // calls out of a listener, whose actions the loop that called it takes.
  const enter = (work: (core: Core) => void): void => {
    if (!core) return;
    const entered = core;
    try {
      entered.now_();
      work(entered);
      act(entered);
      if (core === entered) arm(entered);
    } catch (error) {
      if (core === entered) revive(error);
    }
  };

  const act = (entered: Core): void => {
    if (performing) return;
    performing = true;
    for (let action; core === entered && (action = entered.nextAction_()); ) perform(action);
    performing = false;
  };

  const arm = (of: Core): void => {
    const at = of.next_timeout_();
    // One that comes too early only arms the next: rearming at every frame would cost more.
    if (timer !== undefined && at >= timerAt) return;
    clearTimeout(timer);
    timer = undefined;
    timerAt = at;
    if (at < 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      enter((entered) => entered.time_out_());
    }, Math.min(Math.max(at - of.now_(), 0), 0x7fffffff));
  };

  const start = async (spread: number | undefined, attempt: number): Promise<void> => {
    const settings: CoreSettings = [
      spread,
      options.hedgeAfter,
      options.connectTimeout,
      options.reprobeAfter,
      options.longPollWait,
      options.pollInterval,
      options.publishQueueMax,
      options.publishQueueBytesMax,
    ];
    try {
      const created = await createCore(await load(), transports, +(options.reconnect === "none"), settings);
      if (closed()) return;
      core = created;
    } catch (error) {
      if (closed()) return;
      const { message } = error as Error;
      // What is here and cannot be compiled will not be better next time.
      if (!(error instanceof FreshetError)) {
        return setClosed(new FreshetError("unsupported", `no WebAssembly: ${message}`));
      }
      const retryInMs = Math.ceil(Math.random() * Math.min(1000 * 2 ** attempt, 60_000));
      setState({ kind: "waiting", retryInMs, attempt, reason: message, unavailable: [] });
      if (closed()) return;
      timer = setTimeout(() => void start(spread, attempt + 1), retryInMs);
      return;
    }
    for (const entry of [...entries]) subscribeEntry(entry);
    for (const pending of [...publishes]) publishPending(pending);
  };

  // A trap leaves an instance in an unknown state. It is left to the garbage collector; a new one
  // goes on from the last cursors.
  const revive = (error: unknown): void => {
    core = undefined;
    performing = false;
    clearTimeout(timer);
    timer = undefined;
    for (const wire of wires.values()) wire.controller_.abort();
    for (const map of [wires, entriesById, publishesById]) map.clear();
    const fault = new FreshetError("internal", `the core has failed: ${error}`, { cause: error });
    console.error(fault);
    if (closing) return setClosed(undefined);
    if (performance.now() - trappedAt > trapMemory) traps = 0;
    trappedAt = performance.now();
    if (++traps > trapsMax) return setClosed(fault);
    for (const pending of [...publishes]) {
      if (pending.id) pending.settle_(new FreshetError("outcome_unknown", fault.message));
    }
    for (const entry of entries) entry.id = 0;
    setState({
      kind: "waiting",
      retryInMs: 0,
      attempt: 0,
      reason: fault.message,
      unavailable: state.unavailable,
    });
    void start(trapSpread * 2 ** traps, 0);
  };

  const perform = ([
    kind,
    id,
    transport,
    publish,
    closeCode,
    code,
    messageId,
    text,
    members,
    query,
    after,
    until,
  ]: Action): void => {
    const entry = entriesById.get(id);
    const target = text + query;
    const error = (): FreshetError => new FreshetError(code, text);
    // A publish as a frame or line.
    const withPayload = (): string =>
      `${JSON.stringify({ ...members, key: text || undefined }).slice(0, -1)},"data":${publishesById.get(publish)?.json_ ?? null}}`;
    switch (kind) {
      case ActionKind.openStream:
        return openStream(id, transport, target);
      case ActionKind.poll:
        return target.length > pollTargetMax
          ? openRequest(id, text, JSON.stringify(members))
          : openRequest(id, target, "");
      case ActionKind.sendFrame:
        return wires.get(id)?.send_?.(JSON.stringify(members));
      case ActionKind.sendPublish:
        return wires.get(id)?.send_?.(withPayload());
      case ActionKind.addLine:
        lines += withPayload() + "\n";
        return;
      case ActionKind.post:
        openRequest(-id, target, lines);
        lines = "";
        return;
      case ActionKind.cancelPost:
        return closeWire(-id, 0);
      case ActionKind.closeConnection:
        return closeWire(id, closeCode);
      case ActionKind.tellState:
        return setState(core!.state_());
      case ActionKind.tellGap:
        return entry?.gap_(after, until, text as Gap["reason"]);
      case ActionKind.tellLive:
        return entry?.live_(core!);
      case ActionKind.tellError:
        if (entry) forget(entry);
        return entry?.end_(error());
      case ActionKind.tellPublished:
        publishesById.get(id)?.settle_(messageId || error());
    }
  };

  // Connections -------------------------------------------------------------------------------

  // Calls `open` with the wire of a connection or POST, when there is a token if one is wanted.
  const openWire = async (id: number, open: (wire: Wire) => void): Promise<void> => {
    const controller = new AbortController();
    const { signal } = controller;
    const wire: Wire = {
      controller_: controller,
      frames_: (texts) =>
        enter((entered) => {
          for (const text of texts) {
            // What a frame brings about may have ended it.
            if (wires.get(id) !== wire) return;
            if (isControl(text)) {
              controlFrames++;
              entered.control_(id, text);
              // A gap is told before the messages behind it; these bring nothing about.
              act(entered);
            } else if (text) {
              const [message, ids] = entered.message_(id, text);
              for (const entry of ids.map((target) => entriesById.get(target))) {
                entry?.deliver_(message, entered, controlFrames);
              }
            }
          }
        }),
      end_: (end) => {
        if (wires.get(id) !== wire) return;
        wires.delete(id);
        enter((entered) => entered.ended_(id, end));
      },
    };
    wires.set(id, wire);
    let kind = EndKind.unreachable;
    try {
      wire.token_ = await options.token?.({ signal });
      // What throws from here on is a constructor that this page or runtime bars.
      kind = EndKind.unsupported;
      if (!signal.aborted) open(wire);
    } catch (error) {
      wire.end_({ kind, reason: String(error) });
    }
  };

  const closeWire = (id: number, code: number): void => {
    const wire = wires.get(id);
    wires.delete(id);
    wire?.controller_.abort(code);
  };

  const request = (target: string, body: string, wire: Wire, read: Read): void => {
    const { fetch = globalThis.fetch } = options;
    void exchange(fetch, base + target, body, wire, read);
  };

  const openRequest = (id: number, target: string, body: string): void =>
    void openWire(id, (wire) => request(target, body, wire, readLines));

  const openStream = (id: number, transport: Transport, target: string): void =>
    void openWire(id, (wire) => {
      const { webSocket = globalThis.WebSocket, eventSource = globalThis.EventSource } = options;
      if (transport === "websocket") {
        if (webSocket) openWebSocket(webSocket, base.replace("http", "ws") + target, wire);
        else wire.end_({ kind: EndKind.unsupported });
      } else if (eventSource && !wire.token_) {
        openEventSource(eventSource, base + target, wire);
      } else {
        void openSseFetch(loadSse, wire, (read) => request(target, "", wire, read));
      }
    });

  // Publishing --------------------------------------------------------------------------------

  const publishPending = (pending: Pending): void =>
    enter((entered) => {
      const { topic, json_: data, options: how } = pending;
      const id = entered.publish_(topic, how.key ?? "", bytesOf(data), how.timeout);
      if (typeof id !== "number") return pending.settle_(id);
      pending.id = id;
      publishesById.set(id, pending);
    });

  const publish = (topic: string, data: unknown, how: PublishOptions = {}): Promise<Ack> =>
    new Promise((resolve, reject) => {
      const { signal } = how;
      signal?.throwIfAborted();
      if (closed()) throw new FreshetError("closed", "the client was closed");
      let text: string | undefined;
      try {
        text = JSON.stringify(data);
      } catch (cause) {
        throw new FreshetError("invalid_json", `not JSON: ${cause}`, { cause });
      }
      if (text === undefined) throw new FreshetError("invalid_json", `${typeof data} is not JSON`);
      const abort = (): void => {
        pending.settle_(0);
        reject(signal!.reason);
        if (pending.id) enter((entered) => entered.cancel_publish_(pending.id));
      };
      const pending: Pending = {
        topic,
        json_: text,
        options: how,
        id: 0,
        settle_(outcome) {
          publishes.delete(pending);
          publishesById.delete(pending.id);
          signal?.removeEventListener("abort", abort);
          if (outcome instanceof FreshetError) reject(outcome);
          else if (outcome) resolve({ id: outcome });
        },
      };
      signal?.addEventListener("abort", abort);
      publishes.add(pending);
      publishPending(pending);
    });

  // Subscribing -------------------------------------------------------------------------------

  const subscribeEntry = (entry: Entry): void =>
    enter((entered) => {
      const id = entered.subscribe_(entry.pattern, entry.start_());
      if (typeof id === "number") {
        entry.id = id;
        entriesById.set(id, entry);
      } else {
        entries.delete(entry);
        // Not before subscribe() has returned the handle.
        queueMicrotask(() => entry.end_(id));
      }
    });

  const forget = (entry: Entry): void => {
    entries.delete(entry);
    entriesById.delete(entry.id);
  };

  const leave = (entry: Entry): void => {
    forget(entry);
    const { id } = entry;
    // Later in this turn, so that an identical subscription made until then takes over the entry on
    // the wire: React's strict mode closes and subscribes again in one turn.
    const entered = core;
    if (id) queueMicrotask(() => core === entered && enter((now) => now.unsubscribe_(id)));
  };

  const cursorOf = (entry: Entry): string | undefined => {
    let cursor: string | undefined;
    if (entry.id) {
      enter((entered) => {
        cursor = entered.cursor_(entry.id);
      });
    }
    return cursor;
  };

  const subscribe = (pattern: string, given: AnyOptions | AnyOptions["onMessage"] = {}) => {
    const how: AnyOptions = typeof given === "function" ? { onMessage: given } : given;
    const [entry, handle] = createSubscription(pattern, how, leave, cursorOf);
    if (closed()) {
      queueMicrotask(() => entry.end_(new FreshetError("closed", "the client was closed")));
    } else if (!how.signal?.aborted) {
      entries.add(entry);
      subscribeEntry(entry);
    }
    return handle;
  };

  // The client --------------------------------------------------------------------------------

  try {
    base = baseUrl(url);
    watchPage(life.signal, (event) => enter((entered) => entered.network_changed_(event)));
    void start(options.initialSpread, 0);
  } catch (error) {
    setClosed(new FreshetError("invalid_url", `'${url}' is no address: ${error}`));
  }

  return {
    subscribe: subscribe as unknown as Client["subscribe"],
    publish,
    onState(listener): Dispose {
      const own = (to: State): void => listener(to);
      listeners.add(own);
      tell(own, state);
      return () => void listeners.delete(own);
    },
    getState: () => state,
    setTransports(list) {
      transports = digits(list);
      enter((entered) => entered.set_transports_(transports));
    },
    close() {
      if (closed()) return;
      closing = true;
      if (core) return enter((entered) => entered.close_client_());
      clearTimeout(timer);
      setClosed(undefined);
    },
  };
}
