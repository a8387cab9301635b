// build.mjs resolves it to the module that CMake has built, and inlines its bytes.
declare module "freshet.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
