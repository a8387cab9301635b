// Where the WebAssembly module comes from. Compiled asynchronously only: browsers refuse to compile
// more than a few kilobytes on the main thread.

import type { WasmSource } from "./api.js";
import { FreshetError } from "./error.js";

/** A FreshetError is worth another try: the module could not be fetched. */
export async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  const found = await (typeof source === "string" || source instanceof URL ? get(source) : source);
  if ("arrayBuffer" in found && typeof found.arrayBuffer === "function") {
    return compile(found.arrayBuffer());
  }
  return found instanceof WebAssembly.Module ? found : WebAssembly.compile(found as ArrayBuffer);
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
