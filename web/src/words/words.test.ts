// The page's words: languages, plurals, lists, and rules for the French.

import { files, languages } from "virtual:words";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { filesOf } from "../../build/words.ts";
import { choose, directionOf, fill, isolated, nameOf, regional } from "./text.ts";
import { begin, emojiName, lang, LANGUAGES, list, setLang, t } from "./words.svelte.ts";

const SOURCES = new Map(filesOf(new URL("../../../src/omefree/words", import.meta.url).pathname).map(({ url, source }) => [url, source]));

function storage() {
  const kept = new Map<string, string>();
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) };
}

beforeEach(() => {
  vi.stubGlobal("localStorage", storage());
  vi.stubGlobal("navigator", { languages: ["sv", "fr-CA"] });
  vi.stubGlobal("location", new URL("http://localhost:8000/"));
  vi.stubGlobal("history", { state: null, replaceState: (_state: null, _title: string, url: URL) => vi.stubGlobal("location", url) });
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

  it("begin in the language that the address asks for, which is not remembered", async () => {
    await setLang("en");
    vi.stubGlobal("location", new URL("http://localhost:8000/?lang=fr"));
    await begin();
    expect([lang(), localStorage.getItem("omefree.lang")]).toEqual(["fr", "en"]);
  });

  it("follow the address no more once somebody has chosen", async () => {
    vi.stubGlobal("location", new URL("http://localhost:8000/?lang=fr"));
    await begin();
    await setLang("en");
    expect(location.search).toBe("");
    await begin();
    expect(lang()).toBe("en");
  });

  it("take no notice of an address that asks for a language that there is not", async () => {
    vi.stubGlobal("location", new URL("http://localhost:8000/?lang=xx-nonsense&lang="));
    await begin();
    expect(lang()).toBe("fr");
  });

  it("that early.ts has asked for are not fetched again", async () => {
    vi.stubGlobal("omefreeWords", { tag: "fr", answer: Promise.resolve(new Response(SOURCES.get(files["fr"]?.url ?? ""))) });
    await begin();
    expect([lang(), vi.mocked(fetch).mock.calls.length]).toEqual(["fr", 0]);
  });

  it("that did not come early, or are of another language, are", async () => {
    vi.stubGlobal("omefreeWords", { tag: "fr", answer: Promise.reject(new TypeError("offline")) });
    await begin();
    expect([lang(), vi.mocked(fetch).mock.calls.length]).toEqual(["fr", 1]);
    vi.stubGlobal("omefreeWords", { tag: "en", answer: Promise.resolve(new Response("{}")) });
    await begin();
    expect(t("nav.back")).toBe("Retour");
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

  it("has the visitor's region, for the time of day", () => {
    expect(regional("en", ["fr-CA", "EN-gb", "en-US"])).toBe("EN-gb");
    expect(regional("fr", ["en-GB"])).toBe("fr");
  });

  it.each([["ar", "rtl"], ["he", "rtl"], ["fa", "rtl"], ["fr", "ltr"], ["pt-BR", "ltr"]] as const)("%s is read %s", (tag, way) => {
    expect(directionOf(tag)).toBe(way);
  });

  it.each([
    ["jazz", "ltr", "jazz"],
    ["jazz", "rtl", "\u2068jazz\u2069"],
    ["شاي", "ltr", "\u2068شاي\u2069"],
    ["شاي", "rtl", "شاي"],
    ["🎷 7", "rtl", "🎷 7"],
  ] as const)("what others wrote (%s) does not turn a sentence that is read %s", (text, way, shown) => {
    expect(isolated(text, way)).toBe(shown);
  });

  it("has a name that begins as its language writes names", () => expect(nameOf("es")).toBe("Español"));
});

describe("the French of the page", () => {
  const file = readFileSync(new URL("../../../src/omefree/words/fr.toml", import.meta.url), "utf8");
  const french = file.split("[terminal]")[0] ?? "";
  it("says tu, and writes its apostrophes right", () => {
    for (const text of french.match(/(?<== |")"[^"]+"/g) ?? []) {
      expect(text).not.toMatch(/'|\.\.\./);
      expect(text).not.toMatch(/\b(vous (avez|êtes|pouvez (?!continuer))|votre)\b/i);
    }
  });

  // What a pattern can find, in all that a visitor reads: page, terminal and the pages of the server.
  const told = (file.split("[audit]")[0] ?? "").split("\n").filter((line) => !line.startsWith("#"));
  /** Verbs that speak to the two of a chat; whoever adds one looks whether it is said to both. */
  const TO_TWO = "acceptez ajoutez avez comparez continuez écrivez entendez lisez mettez partagez pourrez retrouverez retrouviez risquez".split(" ");
  const GENDERED = [
    /\(e\)|\p{L}[·.]e(?!\p{L})/iu, // connecté(e), connecté·e
    /(?<!\p{L})(tu (n’)?(es|étais|seras)|tu as été|sois) (bien |déjà |tout )?\p{L}+(é|u|ant|eux|if|el|[iî]t|êt|ûr|seul)e?s?(?!\p{L})/iu,
    /(?<!\p{L})(prêts?|bienvenus?|inquiets?|sûrs? (que|de)|tout seul quand|tous les deux|l’un de vous|l’un (de|et|à) l’autre)(?!\p{L})/iu,
    /(?<!\p{L})(es|êtes|être|toi) (tout )?seuls?(?!\p{L})/iu,
  ];

  it("says vous to two people only", () => {
    for (const line of told) {
      const verbs = (line.match(/\p{L}+ez(?!\p{L})/giu) ?? []).map((verb) => verb.toLowerCase());
      expect(verbs.filter((verb) => !["assez", "chez", ...TO_TWO].includes(verb)), line).toEqual([]);
      expect(line).not.toMatch(/(?<!\p{L})(vous (êtes|avez)|votre|le vôtre|nous|notre)(?!\p{L})/iu);
    }
  });

  it("does not say of what sex its reader is", () => {
    for (const line of told) for (const pattern of GENDERED) expect(line).not.toMatch(pattern);
  });

  it.each(["connecté(e)", "connecté·e", "Tu es connecté", "Tu as été signalé", "Sois bienveillant", "Tu es prêt", "Vous aimez tous les deux", "Pour être sûrs que", "es-tu là, toi seul"])(
    "may not say: %s",
    (text) => expect(GENDERED.some((pattern) => pattern.test(text))).toBe(true),
  );
});
