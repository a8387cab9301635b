// Bundles the page under test, once for all tests, as an application's bundler would.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { subjectPages } from "./server.ts";

export default async function globalSetup(): Promise<void> {
  const page = fileURLToPath(new URL("../page/", import.meta.url));
  if (!existsSync(`${page}../node_modules/@freshet/client/dist`))
    throw new Error("no package: run ./dev build");
  mkdirSync(subjectPages, { recursive: true });
  await build({
    entryPoints: [`${page}subject.ts`],
    outdir: subjectPages,
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  for (const name of ["index.html", "away.html"])
    copyFileSync(page + name, `${subjectPages}/${name}`);
}
