// @freshet/client: the entry that works everywhere, with the WebAssembly modules inlined.

export type * from "./api.js";
export { connect } from "./connect_inlined.js";
export { type ErrorCode, FreshetError } from "./error.js";
export type { DataOf } from "./topics.js";
