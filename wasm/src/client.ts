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
  const all = [...new Set(transports)].map((transport) => transportNames.indexOf(transport) + 1);
  if (!all[0] || all.includes(0)) {
    throw new FreshetError("invalid_argument", `'${transports}' is no list of transports`);
  }
  return +all.reverse().join("");
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
  // By their connection; those of POSTs by the POST's number below zero.
  const wires = new Map<number, Wire>();
  // Of the newest instance.
  let life = new AbortController();

  const closed = (): boolean => state.kind === "closed";
  const closedError = (): FreshetError => new FreshetError("closed", "the client was closed");
  // Nearly always the first: they are answered in their order.
  const publishOf = (id: number): Pending | undefined => {
    for (const pending of publishes) if (pending.id === id) return pending;
    return undefined;
  };

  const setState = (next: State): void => {
    state = Object.freeze(next);
    // A listener may close the client, and then the others have been told so.
    for (const listener of [...listeners]) if (state === next) tell(listener, next);
    if (next.kind !== "closed") return;
    life.abort();
    for (const pending of [...publishes]) pending.settle_(next.error ?? closedError());
    for (const entry of [...entries]) entry.end_(next.error);
  };
  const setClosed = (error: FreshetError | undefined): void =>
    setState({ kind: "closed", error, unavailable: state.unavailable });
  const setWaiting = (retryInMs: number, attempt: number, reason: string): void =>
    setState({ kind: "waiting", retryInMs, attempt, reason, unavailable: state.unavailable });

  // The core --------------------------------------------------------------------------------

  // Every way into the core: what `work` has made it ask for is done before this returns, but for
  // calls out of a listener, whose actions the loop that called it takes.
  const enter = <T>(work: (core: Core) => T): T | undefined => {
    const entered = core;
    if (!entered) return;
    try {
      entered.now_();
      const result = work(entered);
      act(entered);
      if (core === entered) arm(entered);
      return result;
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
    if (timer && at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer =
      at < 0
        ? undefined
        : setTimeout(() => {
            timer = undefined;
            enter((entered) => entered.time_out_());
          }, Math.min(at - of.now_(), 0x7fffffff));
  };

  const start = async (attempt: number): Promise<void> => {
    try {
      const created = await createCore(await load(), () => transports, options);
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
      setWaiting(retryInMs, attempt, message);
      if (!closed()) timer = setTimeout(() => void start(attempt + 1), retryInMs);
      return;
    }
    watchPage(life.signal, (event) => enter((entered) => entered.network_changed_(event)));
    for (const entry of [...entries]) subscribeEntry(entry);
    for (const pending of [...publishes]) publishPending(pending);
  };

  // A trap leaves an instance in an unknown state. It is left to the garbage collector; a new one
  // goes on from the last cursors.
  const revive = (error: unknown): void => {
    core = undefined;
    clearTimeout(timer);
    timer = undefined;
    performing = false;
    life.abort();
    life = new AbortController();
    for (const wire of wires.values()) wire.controller_.abort();
    wires.clear();
    entriesById.clear();
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
    setWaiting(0, 0, fault.message);
    options = { ...options, initialSpread: trapSpread * 2 ** traps };
    void start(0);
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
      `${JSON.stringify({ ...members, key: text || undefined }).slice(0, -1)},"data":${publishOf(publish)!.json_}}`;
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
        return entry?.end_(error());
      case ActionKind.tellPublished:
        publishOf(id)?.settle_(messageId || error());
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
              for (const target of ids) {
                entriesById.get(target)?.deliver_(message, entered, controlFrames);
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
      if (typeof id === "number") pending.id = id;
      else pending.settle_(id);
    });

  const publish = (topic: string, data: unknown, how: PublishOptions = {}): Promise<Ack> =>
    new Promise((resolve, reject) => {
      const { signal } = how;
      signal?.throwIfAborted();
      if (closed()) throw closedError();
      let text: string | undefined;
      let cause: unknown = typeof data;
      try {
        text = JSON.stringify(data);
      } catch (error) {
        cause = error;
      }
      if (!text) throw new FreshetError("invalid_json", `not JSON: ${cause}`, { cause });
      const abort = (): void => {
        reject(signal!.reason);
        // The core may be about to send it; then it is settled behind that.
        if (pending.id) enter((entered) => entered.cancel_publish_(pending.id));
        else pending.settle_(closedError());
      };
      const pending: Pending = {
        topic,
        json_: text,
        options: how,
        id: 0,
        settle_(outcome) {
          publishes.delete(pending);
          signal?.removeEventListener("abort", abort);
          if (typeof outcome === "number") resolve({ id: outcome });
          else reject(outcome);
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

  const leave = (entry: Entry): void => {
    const { id } = entry;
    entries.delete(entry);
    entriesById.delete(id);
    // Later in this turn, so that an identical subscription made until then takes over the entry on
    // the wire: React's strict mode closes and subscribes again in one turn.
    const entered = core;
    queueMicrotask(() => core === entered && enter((now) => now.unsubscribe_(id)));
  };

  const cursorOf = (entry: Entry): string =>
    enter((entered) => entered.cursor_(entry.id)) ?? "";

  const subscribe = (pattern: string, given: AnyOptions | AnyOptions["onMessage"] = {}) => {
    const how: AnyOptions = typeof given === "function" ? { onMessage: given } : given;
    const [entry, handle] = createSubscription(pattern, how, leave, cursorOf);
    if (closed()) {
      queueMicrotask(() => entry.end_(closedError()));
    } else if (!how.signal?.aborted) {
      entries.add(entry);
      subscribeEntry(entry);
    }
    return handle;
  };

  // The client --------------------------------------------------------------------------------

  try {
    base = baseUrl(url);
    void start(0);
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
