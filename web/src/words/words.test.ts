// The page's words: languages, plurals, lists, and rules for the French.

import { files, languages } from "virtual:words";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { filesOf } from "../../build/words.ts";
import { choose, directionOf, fill, nameOf } from "./text.ts";
import { begin, emojiName, lang, LANGUAGES, list, setLang, t } from "./words.svelte.ts";

const SOURCES = new Map(filesOf(new URL("../../../src/omefree/words", import.meta.url).pathname).map(({ url, source }) => [url, source]));

function storage() {
  const kept = new Map<string, string>();
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) };
}

beforeEach(() => {
  vi.stubGlobal("localStorage", storage());
  vi.stubGlobal("navigator", { languages: ["de", "fr-CA"] });
  vi.stubGlobal("fetch", vi.fn(async (url: string) => new Response(SOURCES.get(url) ?? "", { status: SOURCES.has(url) ? 200 : 404 })));
});

afterEach(async () => {
  await setLang("en");
  vi.unstubAllGlobals();
});

describe("the words", () => {
  it("begin in the browser's language", async () => {
    await begin();
    expect([lang(), t("nav.back")]).toEqual(["fr", "Retour"]);
  });

  it("begin in the language that was chosen here before", async () => {
    await setLang("en");
    await begin();
    expect(lang()).toBe("en");
  });

  it("of another language are fetched once chosen, and held against their hash", async () => {
    await setLang("fr");
    expect(fetch).toHaveBeenCalledWith(files["fr"]?.url, { integrity: files["fr"]?.integrity });
    expect(t("nav.back")).toBe("Retour");
    expect(emojiName("🐶")).toBe("chien");
  });

  it("that do not come leave the language as it is, chosen and remembered", async () => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("offline"))));
    await setLang("fr");
    expect([lang(), t("nav.back"), localStorage.getItem("omefree.lang")]).toEqual(["en", "Back", "en"]);
  });

  it("that are gone from the server leave it, too", async () => {
    vi.stubGlobal("fetch", vi.fn(async () => new Response("", { status: 404 })));
    await setLang("fr");
    expect(lang()).toBe("en");
  });

  it("choose the plural form, and write numbers as the language does", async () => {
    expect([0, 1, 1234].map((n) => t("online", { n }))).toEqual(["0 people online", "1 person online", "1,234 people online"]);
    await setLang("fr");
    expect([0, 1, 2].map((n) => t("online", { n }))).toEqual(["0 personne en ligne", "1 personne en ligne", "2 personnes en ligne"]);
  });

  it("list as the language does", async () => {
    expect(list(["a", "b", "c"])).toBe("a, b, and c");
    await setLang("fr");
    expect(list(["a", "b", "c"])).toBe("a, b et c");
  });

  it("offer each language under its own name", () => {
    expect(LANGUAGES.map(({ tag }) => tag)).toEqual(languages);
    expect(LANGUAGES.slice(0, 2).map(({ name }) => name)).toEqual(["English", "Français"]);
  });
});

describe("a text", () => {
  const format = new Intl.NumberFormat("en");
  it("is filled", () => expect(fill("{n} of {what}, {other}", { n: 1234, what: "them" }, format)).toBe("1,234 of them, {other}"));
  it("does not fill what it was filled with", () => expect(fill("{a}", { a: "{b}", b: "x" }, format)).toBe("{b}"));
});

describe("the language", () => {
  it.each([
    [["fr-CA", "en"], "fr"],
    [["de", "fr"], "fr"],
    [["de"], "en"],
    [[], "en"],
  ] as const)("for %j is %s", (wanted, tag) => expect(choose(wanted, ["en", "fr"])).toBe(tag));

  it.each([["ar", "rtl"], ["he", "rtl"], ["fa", "rtl"], ["fr", "ltr"], ["pt-BR", "ltr"]] as const)("%s is read %s", (tag, way) => {
    expect(directionOf(tag)).toBe(way);
  });

  it("has a name that begins as its language writes names", () => expect(nameOf("es")).toBe("Español"));
});

describe("the French of the page", () => {
  const french = readFileSync(new URL("../../../src/omefree/words/fr.toml", import.meta.url), "utf8").split("[terminal]")[0] ?? "";
  it("says tu, and writes its apostrophes right", () => {
    for (const text of french.match(/(?<== |")"[^"]+"/g) ?? []) {
      expect(text).not.toMatch(/'|\.\.\./);
      expect(text).not.toMatch(/\b(vous (avez|êtes|pouvez (?!continuer))|votre)\b/i);
    }
  });
});
