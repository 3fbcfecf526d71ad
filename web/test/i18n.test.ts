import { describe, expect, it } from "vitest";

import { en } from "../src/i18n/en.ts";
import { fr } from "../src/i18n/fr.ts";
import { chooseLang, fill, typesetFrench } from "../src/i18n/messages.ts";

const holes = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort();

describe("French", () => {
  it("has every text of English, with the same holes", () => {
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
    for (const [key, message] of Object.entries(fr)) expect([key, holes(message)]).toEqual([key, holes(en[key as keyof typeof en])]);
  });

  it("says tu, and writes its apostrophes and spaces right", () => {
    const texts = Object.values(fr).flatMap((message) => (typeof message === "string" ? [message] : Object.values(message)));
    for (const text of texts) {
      expect(text).not.toMatch(/'|\.\.\.|[^ ][?!;:»]|«[^ ]/);
      expect(text).not.toMatch(/\b(vous (avez|êtes|pouvez (?!continuer))|votre)\b/i);
    }
  });

  it("gets unbreakable spaces", () => {
    expect(typesetFrench("« Ça va ? » : oui !")).toBe("«\u202fÇa va\u202f?\u202f»\u00a0: oui\u202f!");
    expect(typesetFrench("dans {n} s, à 18 ans")).toBe("dans {n}\u00a0s, à 18\u00a0ans");
  });
});

describe("a message", () => {
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
  ] as const)("for %j is %s", (wanted, lang) => expect(chooseLang(wanted, ["en", "fr"], "en")).toBe(lang));
});
