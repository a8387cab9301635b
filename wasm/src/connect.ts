// What the two entries share.

import type { Client, Connect, WasmSource } from "./api.js";
import { createClient } from "./client.js";
import { compile } from "./load.js";

/** `own` is where the package's module is; it is compiled once for all clients. */
export function connectWith(own: () => WasmSource): Connect {
  let compiled: Promise<WebAssembly.Module> | undefined;
  const load = async (): Promise<WebAssembly.Module> => {
    compiled ??= compile(own());
    try {
      return await compiled;
    } catch (error) {
      compiled = undefined;
      throw error;
    }
  };
  return (url, options = {}) => {
    const { wasm } = options;
    return createClient(String(url), options, wasm ? () => compile(wasm) : load) as Client<never>;
  };
}
