// Where the WebAssembly modules come from. Compiled asynchronously only: browsers refuse to compile
// more than a few kilobytes on the main thread.

import type { WasmSource } from "./api.js";
import { FreshetError } from "./error.js";

/** A FreshetError is worth another try: the module could not be fetched. */
export async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  const found = await (typeof source === "string" || source instanceof URL ? get(source) : source);
  const code = await ((found as Partial<Response>).arrayBuffer?.() ?? found);
  return code instanceof WebAssembly.Module ? code : WebAssembly.compile(code as ArrayBuffer);
}

/** Compiles at the first call, once for all; again when that has failed. */
export function compileOnce(source: () => WasmSource): () => Promise<WebAssembly.Module> {
  let compiled: Promise<WebAssembly.Module> | undefined;
  return async () => {
    try {
      return await (compiled ??= compile(source()));
    } catch (error) {
      compiled = undefined;
      throw error;
    }
  };
}

async function get(url: string | URL): Promise<ArrayBuffer> {
  try {
    const response = await fetch(url);
    if (response.ok) return await response.arrayBuffer();
    throw new Error(`status ${response.status}`);
  } catch (cause) {
    throw new FreshetError("unreachable", `no answer from ${url}: ${cause}`, { cause });
  }
}
