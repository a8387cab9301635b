// The SSE transport on the browser's EventSource or any constructor like it. It is closed on its
// first error, so that our policy and not its own decides when to come back.

import type { EventSourceConstructor } from "./api.js";
import { EndKind } from "./core.js";
import type { Wire } from "./wire.js";

export function openEventSource(Source: EventSourceConstructor, url: string, wire: Wire): void {
  const source = new Source(url);
  let kind = EndKind.unreachable;
  const take = ({ data }: { data: string }): void => wire.frames_([data]);
  source.onopen = () => {
    kind = EndKind.lost;
  };
  source.addEventListener("message", take);
  source.addEventListener("control", take);
  source.onerror = () => {
    source.close();
    wire.end_({ kind });
  };
  wire.controller_.signal.addEventListener("abort", () => source.close());
}
