// build.mjs resolves them to the modules that CMake has built, and inlines their bytes.
declare module "freshet.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
declare module "freshet-sse.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
