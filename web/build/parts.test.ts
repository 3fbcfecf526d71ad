// What the first view needs is small, and all else that is loaded has a hash in the page. On the bundle as it was built.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";

import { CACHE, workerOf } from "./offline.ts";
import { initialOf, INITIAL_MAX_BYTES, partsOf } from "./parts.ts";

type Bundle = Parameters<typeof partsOf>[0];

function chunk(fileName: string, more: object = {}) {
  return { type: "chunk", fileName, name: fileName, code: `/* ${fileName} */`, imports: [], dynamicImports: [], isEntry: false, isDynamicEntry: false, facadeModuleId: null, ...more };
}

const BUNDLE = {
  "assets/index.js": chunk("assets/index.js", { imports: ["assets/shared.js"], dynamicImports: ["assets/visit.js", "assets/check.js"], isEntry: true }),
  "assets/shared.js": chunk("assets/shared.js", { code: "x".repeat(10) }),
  "assets/visit.js": chunk("assets/visit.js", {
    isDynamicEntry: true, facadeModuleId: "/src/visit.ts", imports: ["assets/shared.js", "assets/both.js"], viteMetadata: { importedCss: new Set(["assets/visit.css"]) },
  }),
  "assets/check.js": chunk("assets/check.js", { isDynamicEntry: true, facadeModuleId: "/src/views/Check.svelte", imports: ["assets/both.js"] }),
  "assets/both.js": chunk("assets/both.js"),
} as unknown as Bundle;
const PAGE = '<script type="module" crossorigin src="./assets/index.js"></script>';

describe("a part of the page", () => {
  it("is named by its module, with all its files that the page has not loaded already", () => {
    expect([...partsOf(BUNDLE, PAGE)]).toEqual([
      ["Check", ["assets/check.js", "assets/both.js"]],
      ["visit", ["assets/visit.js", "assets/visit.css", "assets/both.js"]],
    ]);
  });

  it("is named only by the page that can load it", () => {
    expect([...partsOf(BUNDLE, '<script type="module" src="./assets/both.js"></script>')]).toEqual([]);
  });

  it("does not count towards the first scripts", () => {
    expect(initialOf(BUNDLE, PAGE).files).toEqual(["assets/index.js", "assets/shared.js"]);
    expect(initialOf(BUNDLE, PAGE).bytes).toBeLessThan(INITIAL_MAX_BYTES);
  });
});

describe("the service worker", () => {
  it("is another one when the page that it keeps is another", () => {
    expect(workerOf(["offline.html"], "a")).not.toBe(workerOf(["offline.html"], "b"));
    expect(workerOf(["offline.html"], "a")).toContain(`"${CACHE}"`);
  });
});

const STATIC = join(import.meta.dirname, "../../src/omefree/static");

describe.runIf(existsSync(join(STATIC, "index.html")))("the built page", () => {
  const html = readFileSync(join(STATIC, "index.html"), "utf8");
  const named = new Map([...html.matchAll(/(?:src|href)="(?:\.\/)?(assets\/[^"]+)" integrity="sha256-([^"]+)"/g)].map(([, path = "", hash = ""]) => [path, hash]));

  it("has the right hash of every script that it can load but those of other pages", () => {
    const scripts = readdirSync(join(STATIC, "assets")).filter((name) => name.endsWith(".js") && !/^(shield|offline|policy|check)-/.test(name));
    for (const name of scripts) {
      const hash = createHash("sha256").update(readFileSync(join(STATIC, "assets", name))).digest("base64");
      expect([name, named.get(`assets/${name}`)]).toEqual([name, hash]);
    }
  });

  it("names nothing without one", () => {
    expect(html.match(/(?:src|href)="\/assets\/[^"]+"(?! integrity)/g)).toBeNull();
  });
});
