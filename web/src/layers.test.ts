// Holds the rules of ARCHITECTURE.md by reading the sources. Imports go one way: main -> app and views -> state
// (pure) -> call and channel -> seal and the generated contract.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL(".", import.meta.url));

/** What each layer may import besides itself: packages by name, our own layers by folder. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  seal: [],
  channel: ["contract", "seal", "socket.io-client"],
  call: ["contract", "seal"],
  state: ["contract", "channel", "call", "seal"],
  words: ["virtual:words"],
  views: ["contract", "seal", "state", "words"],
  app: ["contract", "channel", "call", "seal", "state"],
  main: ["app", "views", "words", "svelte"],
};
// From these layers only types may be imported. The state is pure, so it uses no code of the layers below.
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  call: ["seal"],
  state: ["channel", "call", "seal"],
  views: ["contract"],
};
const IMPORT = /(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/g;

function layerOf(path: string): string {
  return (path.split("/")[0] ?? "").replace(/(\.svelte)?\.ts$/, "");
}

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|svelte)$/.test(path) && !/\.test\.ts$|^testing\//.test(path));
}

function importsOf(path: string): { readonly of: string; readonly typesOnly: boolean }[] {
  const text = readFileSync(join(SRC, path), "utf8");
  return [...text.matchAll(IMPORT)].map(([, typesOnly, from = ""]) => ({
    of: from.startsWith(".") ? layerOf(relative(SRC, join(SRC, path, "..", from))) : from,
    typesOnly: typesOnly !== undefined,
  }));
}

describe("imports", () => {
  it.each(sources())("%s", (path) => {
    const layer = layerOf(path);
    for (const { of, typesOnly } of importsOf(path)) {
      if (of === layer) continue;
      expect(MAY[layer], `the layer of ${path}`).toContain(of);
      if (TYPES_ONLY[layer]?.includes(of)) expect(typesOnly, `${path} imports code of ${of}`).toBe(true);
    }
  });
});

describe("the pure layer", () => {
  it.each(sources().filter((path) => layerOf(path) === "state"))("%s knows no clock, chance or page", (path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    expect(text).not.toMatch(/\b(Date\.now|Math\.random|setTimeout|setInterval|document|window|navigator|localStorage)\b\./);
  });
});

describe("storage", () => {
  it("has two keys, and no other file touches it", () => {
    const touching = sources().filter((path) => /(local|session)Storage|indexedDB|document\.cookie/.test(readFileSync(join(SRC, path), "utf8")));
    expect(touching.sort()).toEqual(["views/theme.svelte.ts", "words/words.svelte.ts"]);
  });
});
