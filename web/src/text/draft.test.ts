// What goes into the field for a text.

import { describe, expect, it } from "vitest";

import { charsLeft, cutToFit, DRAFT_MAX_CHARS } from "./draft.ts";

describe("what goes into the field", () => {
  it("is left alone while there is room", () => expect(cutToFit("hello", DRAFT_MAX_CHARS - 5)).toBeNull());

  it("is cut to the room that is left, and tells how much is left out", () => {
    expect(cutToFit("x".repeat(2_000_000), 10)).toEqual({ text: "x".repeat(DRAFT_MAX_CHARS - 10), left: 2_000_000 - DRAFT_MAX_CHARS + 10 });
    expect(cutToFit("x", DRAFT_MAX_CHARS)).toEqual({ text: "", left: 1 });
  });

  it("is never cut within an emoji", () => expect(cutToFit("😀😀", DRAFT_MAX_CHARS - 3)).toEqual({ text: "😀", left: 2 }));
});

describe("what is left", () => {
  it("is told near the limit alone", () => {
    expect(charsLeft("", 12_000)).toBeNull();
    expect(charsLeft("a".repeat(11_000), 12_000)).toBeNull();
    expect(charsLeft("a".repeat(11_990), 12_000)).toBe(10);
    expect(charsLeft("é".repeat(5_990), 12_000)).toBe(10);
    expect(charsLeft("a".repeat(12_001), 12_000)).toBeNull();
  });
});
