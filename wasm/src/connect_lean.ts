// connect() with the WebAssembly modules beside this file.

import type { Connect } from "./api.js";
import { connectWith } from "./connect.js";

/**
 * Returns at once; the module loads behind it, and the connection is made at the first subscribe or
 * publish. `url` is an http(s) address, or relative to the page: "/" is where it came from; a bad
 * one is told by a closed state. Throws `invalid_argument` when `options.transports` is empty or
 * names what is none.
 */
export const connect: Connect = /* @__PURE__ */ connectWith(
  () => new URL("./freshet.wasm", import.meta.url),
  // Vite would make a data: address of one so small, which a strict policy keeps fetch from reading.
  () => new URL("./freshet-sse.wasm?no-inline", import.meta.url),
);
