// The SSE transport over fetch: where there is no EventSource, and where credentials are needed,
// which EventSource cannot carry. Its parser is a module of its own, which other pages never load.

import { decoder, EndKind } from "./core.js";
import { exchange, type HttpRequest } from "./http.js";
import type { Wire } from "./wire.js";

/** As sse_exports.txt, an underscore behind each; bindings/sse.cpp says what each does. */
interface Exports {
  readonly memory_: WebAssembly.Memory;
  feed_(bytes: number): number;
  next_event_(): number;
}

/** `load` gives the compiled parser. */
export async function openSseFetch(
  from: HttpRequest,
  wire: Wire,
  load: () => Promise<WebAssembly.Module>,
): Promise<void> {
  let parser: Exports;
  try {
    const { exports } = await WebAssembly.instantiate(await load());
    parser = exports as unknown as Exports;
  } catch (error) {
    // As from a server without event streams: the others carry on, and this is tried again later.
    return wire.end_({ kind: EndKind.refused, code: 404, reason: `no SSE over fetch: ${error}` });
  }
  const bytesAt = (at: number, count: number): Uint8Array =>
    new Uint8Array(parser.memory_.buffer, at, count);

  const end = await exchange(from, async (answer) => {
    const reader = answer.body!.getReader();
    for (let chunk; !(chunk = await reader.read()).done; ) {
      const { value } = chunk;
      bytesAt(parser.feed_(value.length), value.length).set(value);
      const frames: string[] = [];
      let at;
      while ((at = parser.next_event_()) > 1) {
        const [begin, count] = new Uint32Array(parser.memory_.buffer, at, 2);
        frames.push(decoder.decode(bytesAt(begin!, count!)));
      }
      wire.frames_(frames);
      if (at) {
        wire.end_({ kind: EndKind.malformed, reason: "an event is too large" });
        wire.controller_.abort();
      }
    }
  });
  wire.end_(end);
}
