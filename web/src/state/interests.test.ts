// How interests and languages are tidied.

import { describe, expect, it } from "vitest";

import { addInterests, hasSeparator, primaryLanguages } from "./interests.ts";

const added = (have: readonly string[], typed: string, max = 10) => addInterests(have, typed, max).interests;

describe("interests", () => {
  it("are parted by commas, tidied, and keep their spelling", () => {
    expect(added([], " Cinéma ,, #Jazz,  slow   travel ")).toEqual(["Cinéma", "Jazz", "slow travel"]);
  });

  it.each(["読書、映画", "読書，映画", "読書；映画", "読書\n映画", "读书,電影"])("are parted by the separators of any script: %s", (typed) => {
    expect(hasSeparator(typed)).toBe(true);
    expect(added([], typed)).toHaveLength(2);
  });

  it.each(["شعر، موسيقى", "شعر؛ موسيقى"])("and of Arabic: %s", (typed) => expect(added([], typed)).toEqual(["شعر", "موسيقى"]));

  it("come once each, whatever their spelling", () => expect(added(["Cinéma"], "cinema,CINÉMA,ｃｉｎéｍａ")).toEqual(["Cinéma"]));

  it.each([
    ["パリ", "バリ"],
    ["が", "か"],
    ["कि", "की"],
    ["й", "и"],
  ])("that differ by a mark that makes another letter are two: %s, %s", (one, other) => expect(added([one], other)).toEqual([one, other]));

  it("are ten at most", () => expect(added(["a"], "b,c,d", 3)).toEqual(["a", "b", "c"]));

  it("that are too long stay in the field, whole", () => {
    const long = "a".repeat(60);
    expect(addInterests(["jazz"], `${long}, films`, 10)).toEqual({ interests: ["jazz", "films"], left: long });
    expect(addInterests([], "👨‍👩‍👧‍👦".repeat(6), 10)).toEqual({ interests: [], left: "👨‍👩‍👧‍👦".repeat(6) });
  });

  it("never cut a family in two", () => expect(added([], "👨‍👩‍👧‍👦 trips")).toEqual(["👨‍👩‍👧‍👦 trips"]));
});

describe("languages", () => {
  it("are primary subtags, each once", () => expect(primaryLanguages(["fr-CA", "fr", "en-US", "x!", "zh-Hant"], 5)).toEqual(["fr", "en", "zh"]));
});
