// @freshet/client/lean: the same with the WebAssembly modules beside, as files of their own.

export type * from "./api.js";
export { connect } from "./connect_lean.js";
export { type ErrorCode, FreshetError } from "./error.js";
export type { DataOf } from "./topics.js";
