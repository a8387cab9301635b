// What happens to the page or machine around a client. In a worker there is only the network, in
// Node nothing.

import { NetworkEvent } from "./core.js";

/** Tells until the signal aborts, at once where the page is hidden. */
export function watchPage(signal: AbortSignal, tell: (event: NetworkEvent) => void): void {
  const page = globalThis.document as Document | undefined;
  const on = (target: EventTarget | undefined, events: Record<string, NetworkEvent>): void => {
    for (const type in events) {
      target?.addEventListener?.(type, () => tell(events[type]!), { signal });
    }
  };
  // An open connection would keep the page out of the back-forward cache, or be cut there. Freezing
  // comes with pagehide in some browsers, and alone in others.
  on(globalThis, {
    online: NetworkEvent.online,
    offline: NetworkEvent.offline,
    pagehide: NetworkEvent.suspended,
    pageshow: NetworkEvent.resumed,
  });
  on(page, { freeze: NetworkEvent.suspended, resume: NetworkEvent.resumed });
  const look = (): void => tell(page!.hidden ? NetworkEvent.hidden : NetworkEvent.shown);
  page?.addEventListener?.("visibilitychange", look, { signal });
  if (page?.hidden) look();
}
