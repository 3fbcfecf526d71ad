import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import type { Plugin } from "vite";

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
    return { tag, url: `/assets/${tag}-${name}.json`, source };
  });
}

/** The module `virtual:words`: the first language itself, and of the others where they are, with their hashes. */
export function moduleOf([first, ...others]: readonly WordsFile[]): string {
  const files = others.map(({ tag, url, source }) => {
    const integrity = `sha256-${createHash("sha256").update(source).digest("base64")}`;
    return [tag, { url, integrity }];
  });
  return [
    `export const languages = ${JSON.stringify([first, ...others].map((file) => file?.tag))};`,
    `export const fallback = ${first?.source ?? "{}"};`,
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
      for (const { url, source } of filesOf(folder).slice(1)) this.emitFile({ type: "asset", fileName: url.slice(1), source });
    },
    transformIndexHtml: (html) => html.replace(/\{\{(.+?)\}\}/g, (_hole, key: string) => said(filesOf(folder), key)),
    configureServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        const file = filesOf(folder).find(({ url }) => url === request.url);
        if (file === undefined) next();
        else response.setHeader("content-type", "application/json").end(file.source);
      });
    },
  };
}

/** `{{key}}` in index.html is the text in the first language, `{{*key}}` a paragraph in each. */
function said(files: readonly WordsFile[], key: string): string {
  const text = ({ source }: WordsFile, name: string): string => (JSON.parse(source) as { page: Record<string, string> }).page[name] ?? name;
  if (!key.startsWith("*")) return files.slice(0, 1).map((file) => text(file, key)).join("");
  return files.map((file) => `<p lang="${file.tag}">${text(file, key.slice(1))}</p>`).join("\n        ");
}
