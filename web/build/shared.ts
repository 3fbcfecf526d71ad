import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FOLDER = join(import.meta.dirname, "../shared");

/** `{{>name}}` in a page is web/shared/name.html: what several pages have in common stands there once. */
export function shared(): Plugin {
  const part = (_hole: string, indent: string, name: string): string => readFileSync(join(FOLDER, `${name}.html`), "utf8").trim().replace(/^/gm, indent);
  return {
    name: "omefree-shared",
    // before the files that a page names are looked for
    transformIndexHtml: { order: "pre", handler: (html) => html.replace(/^( *)\{\{>(\w+)\}\}/gm, part) },
  };
}
