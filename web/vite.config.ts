// Builds the demo's pages to build/pages, where `freshet serve --demo` finds them. `npm run dev`
// serves them with live reload and passes /v1 on to a server on port 8080.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { pages, type Page } from "./pages.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

// What the pages may do. Scripts and styles come from files only; WebAssembly needs its own word.
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

function navigation(current: Page): string {
  return pages
    .map(({ name, label }) => {
      const here = name === current.name ? ' aria-current="page"' : "";
      const href = name === "index" ? "./" : `${name}.html`;
      return `<a href="${href}"${here} data-page="${name}">${label}</a>`;
    })
    .join("\n        ");
}

// Fills `<!-- include NAME -->` from partials/, so that header and line panel stand in the HTML
// itself: nothing jumps when the scripts arrive.
function partials(building: boolean): Plugin {
  return {
    name: "freshet-partials",
    transformIndexHtml: {
      order: "pre",
      handler(html, { path }) {
        const name = path.replace(/^\//, "").replace(/\.html$/, "");
        const page = pages.find((candidate) => candidate.name === name);
        if (!page) throw new Error(`${path} is not in pages.ts`);
        const values: Record<string, string> = {
          title: page.title,
          description: page.description,
          navigation: navigation(page),
          // The dev server's live reload writes styles inline, so only built pages carry the policy.
          policy: building
            ? `<meta http-equiv="Content-Security-Policy" content="${policy}" />`
            : "",
        };
        return html
          .replace(/<!-- include ([a-z]+) -->/g, (_, partial: string) =>
            readFileSync(`${folder}partials/${partial}.html`, "utf8").trim(),
          )
          .replace(/\{\{([a-z]+)\}\}/g, (_, key: string) => {
            const value = values[key];
            if (value === undefined) throw new Error(`${path} asks for an unknown {{${key}}}`);
            return value;
          });
      },
    },
  };
}

export default defineConfig(({ command }) => ({
  root: folder,
  base: "./",
  plugins: [partials(command === "build")],
  build: {
    outDir: "../build/pages",
    emptyOutDir: true,
    target: "es2022",
    // Fonts stay files, so that `font-src 'self'` is enough.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: Object.fromEntries(pages.map(({ name }) => [name, `${folder}${name}.html`])),
    },
  },
  worker: { format: "es" },
  server: {
    proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } },
    fs: { allow: [".."] },
  },
}));
