// The SSE transport over fetch, with the core's parser: where there is no EventSource, and where
// credentials are needed, which EventSource cannot carry.

import { EndKind } from "./core.js";
import { failure, type HttpRequest, isEnd, request } from "./http.js";
import type { Wire } from "./wire.js";

export async function openSseFetch(from: HttpRequest, wire: Wire): Promise<void> {
  let kind = EndKind.unreachable;
  try {
    const answer = await request(from);
    if (isEnd(answer)) return wire.end(answer);
    kind = EndKind.lost;
    const reader = answer.body!.getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      wire.bytes(chunk.value);
    }
    wire.end({ kind: EndKind.finished });
  } catch (error) {
    wire.end(failure(kind, error));
  }
}
