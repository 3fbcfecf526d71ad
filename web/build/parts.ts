import { basename, extname } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

type Bundle = Rolldown.OutputBundle;
type Chunk = Rolldown.OutputChunk;

/**
 * Of the scripts that the page needs before its first view, as gzip. On a slow phone (1.6 Mbit/s) they take 0.3 s to
 * come, and about as long to run; all else is loaded later (src/part.svelte.ts).
 */
export const INITIAL_MAX_BYTES = 60_000;
const SCRIPT = /<script\b[^>]*?\ssrc="\.\/(assets\/[^"]+)"/g;
const FIRST_LINK = /\n\s*<link/; // the styles are links, and the browser paints nothing before both are here
const HEAD = "</head>";
const WEBTRANSPORT = "engine.io-client/build/esm/transports/webtransport.js"; // asked of no server of ours, and 1 kB

function filesOf(chunk: Chunk): readonly string[] {
  return [chunk.fileName, ...(chunk.viteMetadata?.importedCss ?? [])];
}

/** The chunk, and all that it imports at once. */
function withImports(bundle: Bundle, file: string, found = new Set<Chunk>()): Set<Chunk> {
  const chunk = bundle[file];
  if (chunk?.type !== "chunk" || found.has(chunk)) return found;
  found.add(chunk);
  for (const imported of chunk.imports) withImports(bundle, imported, found);
  return found;
}

/** The chunks that a page loads before its first view. */
function initialChunks(bundle: Bundle, page: string): Set<Chunk> {
  return new Set([...page.matchAll(SCRIPT)].flatMap(([, file = ""]) => [...withImports(bundle, file)]));
}

/** Adds to `found` the chunks that these load later, and those that they load in their turn. */
function laterChunks(bundle: Bundle, from: ReadonlySet<Chunk>, found = new Set<Chunk>()): Set<Chunk> {
  for (const file of [...from].flatMap(({ dynamicImports }) => dynamicImports)) {
    const chunk = bundle[file];
    if (chunk?.type !== "chunk" || found.has(chunk)) continue;
    found.add(chunk);
    laterChunks(bundle, withImports(bundle, file), found);
  }
  return found;
}

/** For each module that `page` loads later: its files but those that are there by then, in the order of their names. */
export function partsOf(bundle: Bundle, page: string): ReadonlyMap<string, readonly string[]> {
  const initial = initialChunks(bundle, page);
  const later = [...laterChunks(bundle, initial)].filter((chunk) => !initial.has(chunk));
  const named = later.map((chunk): [string, readonly string[]] => {
    const module = chunk.facadeModuleId ?? chunk.name;
    const files = [...withImports(bundle, chunk.fileName)].filter((each) => !initial.has(each)).flatMap(filesOf);
    return [basename(module, extname(module)), [...new Set(files)]];
  });
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The scripts that a page runs before its first view, and their size as gzip. */
export function initialOf(bundle: Bundle, page: string): { readonly files: readonly string[]; readonly bytes: number } {
  const chunks = [...initialChunks(bundle, page)];
  const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  return { files: chunks.map(({ fileName }) => fileName), bytes };
}

function template(name: string, files: readonly string[]): string {
  const links = files.map((file) => `<link rel="${file.endsWith(".css") ? "stylesheet" : "modulepreload"}" crossorigin href="./${file}" />`);
  return `  <template data-part="${name}">${links.join("")}</template>\n  `;
}

function said(name: string, bytes: number): string {
  return `  ${name}: ${(bytes / 1000).toFixed(1)} kB gzip\n`;
}

/**
 * In place of Vite's own helper for `import()`, which adds links without hashes: src/part.svelte.ts has fetched all by
 * then, and tells what fails.
 */
export function plainImports(): Plugin {
  const helper = "\0vite/preload-helper.js";
  return {
    name: "omefree-plain-imports",
    apply: "build",
    enforce: "pre",
    load(id) {
      if (id === helper) return "export const __vitePreload = (load) => load();";
      return id.endsWith(WEBTRANSPORT) ? "export class WT {}" : undefined;
    },
  };
}

/** Each page says where its later parts are, and begins with src/early.ts. A page that is too heavy is not built. */
export function parts(): Plugin {
  return {
    name: "omefree-parts",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post", // the pages are made in this hook, too; build/integrity.ts comes after
      handler(_options, bundle) {
        const early = Object.values(bundle).find((made) => made.type === "chunk" && made.isEntry && made.name === "early");
        if (early === undefined) throw new Error("no script for the first paint");
        for (const page of Object.values(bundle)) {
          if (page.type !== "asset" || !page.fileName.endsWith(".html")) continue;
          const html = page.source.toString();
          const later = [...partsOf(bundle, html)].map(([name, files]) => template(name, files)).join("");
          page.source = html.replace(FIRST_LINK, `\n    <script src="./${early.fileName}"></script>$&`).replace(HEAD, `${later}${HEAD}`);
          const { files, bytes } = initialOf(bundle, page.source);
          if (page.fileName === "index.html") process.stdout.write(said("The page's first scripts", bytes) + sizes(bundle, html));
          if (bytes > INITIAL_MAX_BYTES) throw new Error(`${page.fileName} begins with ${bytes} bytes of scripts (gzip), not at most ${INITIAL_MAX_BYTES}: ${files.join(", ")}`);
        }
      },
    },
  };
}

function sizes(bundle: Bundle, html: string): string {
  const scripts = (files: readonly string[]): number =>
    files.reduce((sum, file) => (bundle[file]?.type === "chunk" ? sum + gzipSync((bundle[file] as Chunk).code).length : sum), 0);
  return [...partsOf(bundle, html)].map(([name, files]) => said(`later, ${name}`, scripts(files))).join("");
}
