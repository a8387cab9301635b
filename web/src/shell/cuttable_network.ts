// A network that the page can cut, to show what happens then. The client is given these in place of
// the browser's own WebSocket, EventSource and fetch, as a test would do it. It cannot tell the
// difference from a real loss, and is told nothing in advance.

export interface CuttableNetwork {
  readonly web_socket: typeof WebSocket;
  readonly event_source: typeof EventSource;
  readonly fetch: typeof fetch;
  /** Breaks every open connection at once and lets none be made until `mend`. */
  cut(): void;
  mend(): void;
  readonly is_cut: boolean;
}

export function make_cuttable_network(): CuttableNetwork {
  let is_cut = false;
  // What to call for each open connection when the line is cut.
  const breakers = new Set<() => void>();

  return {
    web_socket: new Proxy(WebSocket, {
      construct(Real, [url, protocols]: [string, string[]?]) {
        if (is_cut) return new DeadLine();
        const socket = new Real(url, protocols);
        const breaker = (): void => {
          socket.close();
          socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
        };
        breakers.add(breaker);
        socket.addEventListener("close", () => breakers.delete(breaker));
        return socket;
      },
    }),
    event_source: new Proxy(EventSource, {
      construct(Real, [url, init]: [string, EventSourceInit?]) {
        if (is_cut) return new DeadLine();
        const source = new Real(url, init);
        const breaker = (): void => {
          if (source.readyState === source.CLOSED) return;
          source.close();
          source.dispatchEvent(new Event("error"));
        };
        breakers.add(breaker);
        return source;
      },
    }),
    // A poll's answer comes whole and at once, so the line matters until it begins.
    fetch: async (input, init) => {
      if (is_cut) throw new TypeError("the line is cut");
      const cutter = new AbortController();
      const breaker = (): void => cutter.abort(new TypeError("the line was cut"));
      breakers.add(breaker);
      const signals = init?.signal ? [init.signal, cutter.signal] : [cutter.signal];
      try {
        return await fetch(input, { ...init, signal: AbortSignal.any(signals) });
      } finally {
        breakers.delete(breaker);
      }
    },
    cut() {
      is_cut = true;
      const broken = [...breakers];
      breakers.clear();
      for (const breaker of broken) breaker();
    },
    mend() {
      is_cut = false;
    },
    get is_cut() {
      return is_cut;
    },
  };
}

// A connection that never opens: it fails as soon as its maker has had time to listen. Stands for
// a WebSocket and for an EventSource alike.
class DeadLine extends EventTarget {
  readonly readyState = 3;
  onopen = null;
  onmessage = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: Event) => void) | null = null;

  constructor() {
    super();
    setTimeout(() => {
      const error = new Event("error");
      this.onerror?.(error);
      this.dispatchEvent(error);
      const close = new CloseEvent("close", { code: 1006 });
      this.onclose?.(close);
      this.dispatchEvent(close);
    });
  }

  send(): void {}
  close(): void {}
}
