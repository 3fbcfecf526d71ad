// What is folded and what is not: the vectors that the terminal's program reads, too, and texts made to cost time.

import { describe, expect, it } from "vitest";

import vectors from "../../../tests/vectors/folds.json" with { type: "json" };
import { CONFUSABLES, UNSEEN, ZEROS } from "./confusables.ts";
import { folds, holdsContact, plain, tokens } from "./contacts.ts";

describe("a text", () => {
  it.each(vectors.folded)("is folded: %s", (text) => expect(folds(text)).toBe(true));
  it.each(vectors.open)("is shown: %s", (text) => expect(folds(text)).toBe(false));

  it("hides nothing behind characters that are not seen", () => {
    const shown = vectors.folded.filter((text) => !folds([...text].join("\u200d")) || !folds([...text].join("\u2066")));
    expect(shown).toEqual([]);
  });
});

describe("the tables", () => {
  it("are those of the other program", () => {
    expect([CONFUSABLES, ZEROS, UNSEEN]).toEqual([vectors.confusables, vectors.zeros, vectors.unseen]);
  });

  it.each(Object.entries(CONFUSABLES))("read %s as %s", (char, seen) => expect(plain(char)).toBe(seen));
});

/** How often the tokens are looked at until they are judged. */
function looks(text: string): number {
  let count = 0;
  holdsContact(
    new Proxy(tokens(plain(text)), {
      get(target, key, receiver) {
        if (typeof key === "string" && /^\d+$/.test(key)) count++;
        return Reflect.get(target, key, receiver) as unknown;
      },
    }),
  );
  return count;
}

describe("12,000 bytes", () => {
  const costly = ["a ", "1 ", "a.", "a. ", "@", "a@ ", "((((dot ", "( . ", "snap ", "snap is my ", "add me on snap ", "http ", ": ", "www ", "12-11-2020 ", "000 ", "dot "];

  it.each(costly)("of %j take four times the work of 3,000", (part) => {
    expect(looks(part.repeat(12_000 / part.length))).toBeLessThanOrEqual(4.5 * looks(part.repeat(3_000 / part.length)) + 100);
  });

  it.each(["\u0301", "ﷺ", "\u202ea", "é", "😀 ", "_", "1", "\u200b"])("of %j are judged, whatever they are", (part) => {
    expect(typeof folds(part.repeat(12_000 / new TextEncoder().encode(part).length))).toBe("boolean");
  });
});
