// What the two entries share.

import type { Client, Connect, WasmSource } from "./api.js";
import { createClient } from "./client.js";
import { compile, compileOnce } from "./load.js";

/** Where the package's modules are: the core, and the parser of event streams over fetch. */
export function connectWith(core: () => WasmSource, sse: () => WasmSource): Connect {
  const loadCore = compileOnce(core);
  const loadSse = compileOnce(sse);
  return (url, options = {}) => {
    const { wasm } = options;
    const load = wasm ? () => compile(wasm) : loadCore;
    return createClient(String(url), options, load, loadSse) as Client<never>;
  };
}
