// The SSE transport over fetch, with the core's parser: where there is no EventSource, and where
// credentials are needed, which EventSource cannot carry.

import { exchange, type HttpRequest } from "./http.js";
import type { Wire } from "./wire.js";

export async function openSseFetch(from: HttpRequest, wire: Wire): Promise<void> {
  const end = await exchange(from, async (answer) => {
    const reader = answer.body!.getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      wire.bytes_(chunk.value);
    }
  });
  wire.end_(end);
}
