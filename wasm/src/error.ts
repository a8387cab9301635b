// The one error class of the package.

/**
 * Stable codes.
 * - `invalid_argument`: an option or value out of its documented range
 * - `invalid_topic`, `invalid_pattern`, `invalid_cursor`, `invalid_json`, `invalid_url`: not one
 * - `malformed`: bytes that break the protocol
 * - `unauthorized`, `forbidden`, `not_found`: the server's refusals
 * - `too_large`, `too_many`: over a limit of size or count
 * - `busy`: the server is at a limit; try later
 * - `unreachable`: no connection could be made
 * - `timeout`: no answer in time
 * - `queue_full`: the publish queue is at its limit
 * - `closed`: the client, subscription or server was closed
 * - `outcome_unknown`: sent, but the connection's story ended before the answer: it may or may not
 *   be in the log
 * - `unsupported`: this runtime or server cannot do it
 * - `internal`: a fault of ours
 */
export type ErrorCode =
  | "invalid_argument"
  | "invalid_topic"
  | "invalid_pattern"
  | "invalid_cursor"
  | "invalid_json"
  | "invalid_url"
  | "malformed"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "too_large"
  | "too_many"
  | "busy"
  | "unreachable"
  | "timeout"
  | "queue_full"
  | "closed"
  | "outcome_unknown"
  | "unsupported"
  | "internal";

/** Everything that this package rejects and throws, but for the reason of an aborted signal. */
export class FreshetError extends Error {
  override readonly name = "FreshetError";
  /** What went wrong, for programs; `message` says it for people. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
