// connect() with the WebAssembly modules inlined.

import type { Connect } from "./api.js";
import { connectWith } from "./connect.js";
import core from "freshet.wasm";
import sse from "freshet-sse.wasm";

/**
 * Returns at once; the module loads behind it, and the connection is made at the first subscribe or
 * publish. `url` is an http(s) address, or relative to the page: "/" is where it came from; a bad
 * one is told by a closed state. Throws `invalid_argument` when `options.transports` is empty or
 * names what is none.
 */
export const connect: Connect = /* @__PURE__ */ connectWith(
  () => core,
  () => sse,
);
