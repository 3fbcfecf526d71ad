// Holds the rules of ARCHITECTURE.md by reading the sources. Imports go one way: main -> app and views -> state
// (pure) -> call and channel -> seal, text and the generated contract. The shield stands by itself, below the views. What
// is loaded later is a `Part`; visit.ts is the one that has all of a chat.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL(".", import.meta.url));

/** What each layer may import besides itself: packages by name, our own layers by folder. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  stored: [],
  place: [],
  part: [],
  early: ["words"],
  offline: [],
  seal: [],
  text: [],
  translate: ["text"],
  channel: ["contract", "place", "seal", "socket.io-client"],
  call: ["contract", "seal"],
  state: ["contract", "channel", "call", "seal", "text"],
  shield: ["virtual:shield-model", "@tensorflow/tfjs-core", "@tensorflow/tfjs-converter", "@tensorflow/tfjs-backend-wasm"],
  words: ["stored", "virtual:words"],
  sound: [],
  check: ["call", "contract", "place", "seal", "socket.io-client", "sound"],
  views: ["check", "contract", "part", "visit", "seal", "shield", "sound", "state", "stored", "svelte", "text", "virtual:icons/first", "virtual:icons/later", "words"],
  app: ["contract", "channel", "call", "seal", "sound", "state", "stored", "text", "translate"],
  "check-page": ["call", "check", "state", "stored", "views", "words", "svelte"],
  visit: ["app", "channel", "seal", "text", "translate", "views"],
  main: ["app", "part", "stored", "views", "visit", "words", "svelte"],
};
// From these layers only types may be imported. The state is pure, so it uses no code of the layers below.
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  call: ["seal"],
  state: ["channel", "call", "seal"],
  views: ["check", "contract", "part"],
};
const IMPORT = /(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/g;

function layerOf(path: string): string {
  return (path.split("/")[0] ?? "").replace(/(\.svelte)?\.ts$/, "");
}

/** `@scope/name/dist/file` is of `@scope/name`. */
function packageOf(from: string): string {
  return /^@[^/]+\/[^/]+/.exec(from)?.[0] ?? from;
}

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|svelte)$/.test(path) && !/\.test\.ts$|^testing\//.test(path));
}

function importsOf(path: string): { readonly of: string; readonly typesOnly: boolean }[] {
  const text = readFileSync(join(SRC, path), "utf8");
  return [...text.matchAll(IMPORT)].map(([, typesOnly, from = ""]) => ({
    of: from.startsWith(".") ? layerOf(relative(SRC, join(SRC, path, "..", from))) : packageOf(from),
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
  it.each(sources().filter((path) => ["state", "text"].includes(layerOf(path))))("%s knows no clock, chance or page", (path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    expect(text).not.toMatch(/\b(Date\.now|Math\.random|setTimeout|setInterval|document|window|navigator|localStorage)\b\./);
  });
});

describe("what is loaded later", () => {
  it.each(sources())("%s imports it as a part, under the module's own name, so that its hash is looked at", (path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    const all = [...text.matchAll(/[^f]\simport\(/g)].length;
    const parts = [...text.matchAll(/new Part\("(\w+)", \(\) => import\("[./\w]*?(\w+)\.(?:ts|svelte)"\)\)/g)];
    expect(parts.length).toBe(all);
    for (const [, name, module] of parts) expect(name).toBe(module);
  });
});

describe("storage", () => {
  it("is touched by one file, and read by the two scripts that stand alone", () => {
    const touching = sources().filter((path) => /(local|session)Storage|indexedDB|document\.cookie/.test(readFileSync(join(SRC, path), "utf8")));
    expect(touching.sort()).toEqual(["early.ts", "offline.ts", "stored.ts"]);
  });
});
