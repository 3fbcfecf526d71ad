import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import type { Plugin } from "vite";

import { directionOf } from "../src/words/text.ts";

const MODULE = "virtual:words";
const PARTS = ["page", "emoji"]; // what the page needs of a language's file
const FOLDER = join(import.meta.dirname, "../../src/omefree/words");

interface WordsFile {
  readonly tag: string;
  readonly url: string;
  readonly source: string;
}

/** One file for each language of the list: what the page says in it. */
export function filesOf(folder: string): WordsFile[] {
  const tags = JSON.parse(readFileSync(join(folder, "languages.json"), "utf8")) as string[];
  return tags.map((tag) => {
    const whole = parse(readFileSync(join(folder, `${tag}.toml`), "utf8"));
    const source = JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, whole[part]])));
    const name = createHash("sha256").update(source).digest("base64url").slice(0, 8);
    return { tag, url: `assets/${tag}-${name}.json`, source };
  });
}

function integrityOf({ source }: WordsFile): string {
  return `sha256-${createHash("sha256").update(source).digest("base64")}`;
}

/** The module `virtual:words`: where each language is, with its hash. */
export function moduleOf(words: readonly WordsFile[]): string {
  const files = words.map((file) => [file.tag, { url: file.url, integrity: integrityOf(file) }]);
  return [
    `export const languages = ${JSON.stringify(words.map(({ tag }) => tag))};`,
    `export const files = ${JSON.stringify(Object.fromEntries(files))};`,
  ].join("\n");
}

/** The words of the page, from one file a language. `OMEFREE_WORDS` names another folder of them. */
export function words(folder = process.env["OMEFREE_WORDS"] ?? FOLDER): Plugin {
  const resolved = `\0${MODULE}`;
  return {
    name: "omefree-words",
    resolveId: (id) => (id === MODULE ? resolved : undefined),
    load: (id) => (id === resolved ? moduleOf(filesOf(folder)) : undefined),
    generateBundle() {
      for (const { url, source } of filesOf(folder)) this.emitFile({ type: "asset", fileName: url, source });
    },
    transformIndexHtml: (html) => html.replace(/\{\{(.+?)\}\}/g, (_hole, key: string) => said(filesOf(folder), key)),
    configureServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        const file = filesOf(folder).find(({ url }) => `/${url}` === request.url);
        if (file === undefined) next();
        else response.setHeader("content-type", "application/json").end(file.source);
      });
    },
  };
}

/** `{{key}}` in a page is the text in the first language, `{{*key}}` a paragraph in each, `{{offline}}` the text of
 * offline.html, `{{languages}}` where the words of each language are. */
function said(files: readonly WordsFile[], key: string): string {
  if (key === "languages") return files.map(linkOf).join("");
  if (key === "offline") return files.map(offlineText).join("\n      ");
  const text = ({ source }: WordsFile, name: string): string => (JSON.parse(source) as { page: Record<string, string> }).page[name] ?? name;
  if (!key.startsWith("*")) return files.slice(0, 1).map((file) => text(file, key)).join("");
  return files.map((file) => `<p lang="${file.tag}" dir="${directionOf(file.tag)}">${text(file, key.slice(1))}</p>`).join("\n        ");
}

/** Where the page's first script (src/early.ts) finds the words of a language. */
function linkOf(file: WordsFile): string {
  return `<link rel="preload" as="fetch" hreflang="${file.tag}" href="${file.url}" />`;
}

/** What offline.html says in one language; only the first is shown before the script has chosen (src/offline.ts). */
function offlineText({ tag, source }: WordsFile, index: number): string {
  const { page } = JSON.parse(source) as { page: Record<string, string> };
  const parts = [`<h1>${page["offline.title"]}</h1>`, `<p>${page["offline.text"]}</p>`, `<p><button class="button primary">${page["unreachable.retry"]}</button></p>`];
  return `<div lang="${tag}" dir="${directionOf(tag)}"${index > 0 ? " hidden" : ""}>${parts.join("")}</div>`;
}
