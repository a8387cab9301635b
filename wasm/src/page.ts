// What happens to the page or machine around a client. In a worker there is only the network, in
// Node nothing.

import { NetworkEvent } from "./core.js";

/** Tells until the signal aborts. */
export function watchPage(signal: AbortSignal, tell: (event: NetworkEvent) => void): void {
  const page = globalThis.document as Document | undefined;
  let suspended = false;
  // Freezing comes with pagehide in some browsers, and alone in others.
  const suspend = (to: boolean): void => {
    if (suspended === to) return;
    suspended = to;
    tell(to ? NetworkEvent.suspended : NetworkEvent.resumed);
  };
  const on = (
    target: EventTarget | undefined,
    listeners: Record<string, (event: Event) => void>,
  ): void => {
    for (const type in listeners) {
      target?.addEventListener?.(type, listeners[type]!, { signal });
    }
  };
  on(globalThis, {
    online: () => tell(NetworkEvent.online),
    offline: () => tell(NetworkEvent.offline),
    // An open connection would keep the page out of the back-forward cache, or be cut there.
    pagehide: () => suspend(true),
    pageshow: () => suspend(false),
  });
  on(page, {
    visibilitychange: () => tell(page!.hidden ? NetworkEvent.hidden : NetworkEvent.shown),
    freeze: () => suspend(true),
    resume: () => suspend(false),
  });
  if (page?.hidden) tell(NetworkEvent.hidden);
}
