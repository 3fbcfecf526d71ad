// How a text is shown: what is not seen, what covers or turns others, and what is too long.

import { describe, expect, it } from "vitest";

import { excerpt, firstOf, isBlank, legible } from "./display.ts";

/** Signs of all kinds, odd ones among them, from a seed: the same at each run. */
function* odd(count: number): Generator<string> {
  const signs = [
    ..."aé日ع\n\t ", "\u0301", "\u0489", "\u20dd", "\ufe0f", "\u200d", "\u202e", "\u2067", "\u2069", "\u3164", "\u2800", "\u{e0041}", "\u{e0101}",
    "\u{1f468}", "\u{1f1eb}", "\u0e47", "\u05b8", "\u{1d173}", "\uffff", "\ud83d", "\u2028", "\r", "\x07", "<b>", "&lt;",
  ];
  let seed = 1;
  const next = () => (seed = (seed * 48_271) % 2_147_483_647); // MINSTD
  for (let made = 0; made < count; made++) yield Array.from({ length: next() % 60 }, () => signs[next() % signs.length]).join("");
}

describe("a text of which nothing is seen", () => {
  it.each([
    ["nothing", ""],
    ["spaces of all kinds", " \t\n\u00a0\u1680\u2003\u3000\u2028"],
    ["zero width", "\u200b\u200c\u200d\u2060\ufeff"],
    ["bidi controls", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"],
    ["Hangul fillers", "\u115f\u1160\u3164\uffa0"],
    ["an empty Braille cell", "\u2800\u2800"],
    ["tags", "\u{e0001}\u{e0041}\u{e007f}"],
    ["variation selectors", "\ufe00\ufe0f\u{e0100}\u180b"],
    ["soft hyphens and joiners", "\u00ad\u034f\u2064"],
    ["musical controls", "\u{1d159}\u{1d173}"],
    ["controls", "\x00\x07\x1b\x7f\x9f"],
  ])("%s", (_, text) => expect(isBlank(text)).toBe(true));

  it.each(["a", ".", "\u0301", "🏳️‍🌈", "日", "\u2801", "\u0600", "א\u200f", "\u{e0041}x", "-"])("is not %j", (text) => expect(isBlank(text)).toBe(false));

  it("is found in the time of one reading", () => expect(isBlank(`${"\u200b".repeat(1_000_000)}x`)).toBe(false));
});

describe("a text is shown", () => {
  it.each([
    "Привет, как дела?", "Tiếng Việt: ễ ợ ữ", "שָׁלוֹם עֲלֵיכֶם", "ٱلسَّلَامُ عَلَيْكُمْ", "नमस्ते क्षत्रिय", "สวัสดีที่นี่", "ཧཱུྃ རྒྱུ", "👨‍👩‍👧‍👦 🏳️‍🌈 1️⃣ ❤️ 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "e\u0301\u0323",
    "one\ntwo\n\nthree", "א\u2067b\u2069", "a < b && <i>c</i>",
  ])("as it is: %s", (text) => expect(legible(text)).toBe(text));

  it("with four marks on a letter at most, however they are put there", () => {
    const marks = (text: string) => (legible(text).match(/[\p{Mn}\p{Me}]/gu) ?? []).length;
    expect(marks(`Z${"\u0301".repeat(6_000)}`)).toBe(4);
    expect(marks(`Z${"\u0301\u200d".repeat(3_000)}`), "with joiners between").toBe(4);
    expect(marks(`Z${"\u0301\u0489\u20dd\ufe0f".repeat(3_000)}`), "of several kinds").toBe(4);
    expect(marks("\u0301".repeat(12_000)), "without a letter").toBe(4);
    expect(marks(`ab${"\u0301".repeat(9)}c${"\u0301".repeat(9)}`)).toBe(8);
  });

  it("without what turns the words around it", () => expect(legible("abc \u202edef\u202c \u202bx\u202a")).toBe("abc def x"));

  it("with one empty line for many, and none at its ends", () => {
    expect(legible("\n\n \u200b\nhello\n\n\u3164\n \nthere\n\n\n")).toBe("hello\n\u3164\nthere".replace("\u3164", ""));
    expect(legible("a\r\nb\rc\u2028d\x85e\vf")).toBe("a\nb\nc\nd\ne\nf");
  });

  it("the same when it is shown again, and never longer", () => {
    for (const text of odd(2_000)) {
      const once = legible(text);
      expect(legible(once)).toBe(once);
      expect(once.length).toBeLessThanOrEqual(text.length);
      expect(isBlank(once), JSON.stringify(text)).toBe(isBlank(text));
      expect(once).not.toMatch(/[\p{Mn}\p{Me}]{5}|[\u202a-\u202e]/u);
    }
  });
});

describe("a long text", () => {
  it("is shown in part, by its letters or its lines", () => {
    expect(excerpt("short\ntext")).toBeNull();
    expect(excerpt("x".repeat(12_000))?.length).toBeLessThan(1_300);
    expect(excerpt("a\n".repeat(6_000))?.split("\n").length).toBeLessThan(30);
  });

  it("is cut before a whole character", () => {
    for (const text of odd(500)) {
      for (const max of [1, 7, 40]) {
        const first = firstOf(text, max);
        expect(text.startsWith(first) && first.length <= max).toBe(true);
        if (!/[\ud800-\udbff](?![\udc00-\udfff])/.test(text)) expect(first).not.toMatch(/[\ud800-\udbff]$/);
      }
    }
    expect(firstOf("ab👨‍👩‍👧", 4)).toBe("ab");
    expect(firstOf("ab👨‍👩‍👧", 5)).toBe("ab");
    expect(firstOf("ab👨‍👩‍👧", 3)).toBe("ab");
  });
});
