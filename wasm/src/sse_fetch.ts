// The SSE transport over fetch: where there is no EventSource, and where credentials are needed,
// which EventSource cannot carry. Its parser is a module of its own, which other pages never load.

import { decoder, EndKind } from "./core.js";
import type { Read } from "./http.js";
import type { Wire } from "./wire.js";

/** As sse_exports.txt, an underscore behind each; bindings/sse.cpp says what each does. */
interface Parser {
  readonly memory_: WebAssembly.Memory;
  feed_(bytes: number): number;
  next_event_(): number;
}

/** `load` gives the compiled parser, `ask` opens the stream. */
export async function openSseFetch(
  load: () => Promise<WebAssembly.Module>,
  wire: Wire,
  ask: (read: Read) => void,
): Promise<void> {
  try {
    const { exports } = await WebAssembly.instantiate(await load());
    ask(async (answer) => {
      const reader = answer.body!.getReader();
      for (let chunk; !(chunk = await reader.read()).done; ) {
        readEvents(exports as unknown as Parser, chunk.value, wire);
      }
    });
  } catch (error) {
    // As from a server without event streams: the others carry on, and this is tried again later.
    wire.end_({ kind: EndKind.refused, code: 404, reason: `no SSE over fetch: ${error}` });
  }
}

function readEvents(parser: Parser, bytes: Uint8Array, wire: Wire): void {
  const { memory_: memory } = parser;
  const bytesAt = (at: number, count: number): Uint8Array => new Uint8Array(memory.buffer, at, count);
  bytesAt(parser.feed_(bytes.length), bytes.length).set(bytes);
  const frames: string[] = [];
  let at;
  while ((at = parser.next_event_()) > 1) {
    const [begin, count] = new Uint32Array(memory.buffer, at, 2);
    frames.push(decoder.decode(bytesAt(begin!, count!)));
  }
  wire.frames_(frames);
  if (at) {
    wire.end_({ kind: EndKind.malformed });
    wire.controller_.abort();
  }
}
