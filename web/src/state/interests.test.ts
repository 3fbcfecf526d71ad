// How interests and languages are tidied.

import { describe, expect, it } from "vitest";

import { addInterests, primaryLanguages } from "./interests.ts";

describe("interests", () => {
  it("are parted by commas, tidied, and keep their spelling", () => {
    expect(addInterests([], " Cinéma ,, #Jazz,  slow   travel ", 10)).toEqual(["Cinéma", "Jazz", "slow travel"]);
  });
  it("come once each, whatever their spelling", () => expect(addInterests(["Cinéma"], "cinema,CINÉMA", 10)).toEqual(["Cinéma"]));
  it("are ten at most", () => expect(addInterests(["a"], "b,c,d", 3)).toEqual(["a", "b", "c"]));
  it("are cut by letters, not by halves of them", () => expect(addInterests([], "😀".repeat(40), 10)).toEqual(["😀".repeat(32)]));
});

describe("languages", () => {
  it("are primary subtags, each once", () => expect(primaryLanguages(["fr-CA", "fr", "en-US", "x!", "zh-Hant"], 5)).toEqual(["fr", "en", "zh"]));
});
