// What the last strangers began with: which texts are alike, and how long they are remembered.

import { beforeEach, describe, expect, it } from "vitest";

import { FirstWords, normal } from "./memory.ts";

const ADVERT = "Hey sexy, I am Anna 23, see my pictures at https://x12.example/anna and write me!";
let memory: FirstWords;

beforeEach(() => {
  memory = new FirstWords();
});

/** A partner who says these; returns how much each was like what others began with. */
function meets(...texts: readonly string[]): number[] {
  memory.begin(false);
  return texts.map((text) => memory.hear(text));
}

describe("another stranger", () => {
  it("with the same words is known", () => {
    expect(meets(ADVERT)).toEqual([0]);
    expect(meets(ADVERT)).toEqual([1]);
  });

  it("with other numbers, another link and other capitals is known", () => {
    meets(ADVERT);
    expect(meets("HEY sexy, I am Anna 47, see my pictures at https://y99.test/anna2  and write me!")).toEqual([1]);
  });

  it("with nearly the same words is known", () => {
    meets(ADVERT);
    expect(meets(ADVERT.replace("Anna", "Alma"))[0]).toBeGreaterThanOrEqual(0.8);
  });

  it("who says something else is not", () => {
    meets(ADVERT);
    expect(meets("Hello there, what kind of music do you like to listen to at night?")[0]).toBeLessThan(0.3);
  });

  it("may begin as everybody does", () => {
    meets("hi, m or f?");
    expect(meets("hi, m or f?")).toEqual([0]);
  });

  it("is compared by the third text at the latest", () => {
    meets("hi", "how are you", ADVERT, ADVERT);
    expect(meets("a", "b", "c", ADVERT), "a fourth is no beginning").toEqual([0, 0, 0, 0]);
    expect(meets("a", ADVERT)).toEqual([0, 1]);
  });

  it("with a text over 500 characters is known by the same one alone", () => {
    const long = ADVERT.repeat(12);
    meets(long);
    expect(meets(`${long} now`)).toEqual([0]);
    expect(meets(long)).toEqual([1]);
  });
});

describe("the same stranger", () => {
  it("may say the same twice", () => expect(meets(ADVERT, ADVERT)).toEqual([0, 0]));

  it("is the same one in a second chat", () => {
    meets(ADVERT);
    memory.begin(true);
    expect(memory.hear(ADVERT)).toBe(0);
  });
});

describe("the memory", () => {
  it("is of fifty strangers", () => {
    meets(ADVERT);
    for (let other = 0; other < 50; other++) meets();
    expect(meets(ADVERT), "the first one is the fifty-first before this one").toEqual([0]);
    for (let other = 0; other < 49; other++) meets();
    expect(meets(ADVERT)).toEqual([1]);
  });

  it("holds no text", () => {
    meets(ADVERT);
    expect(JSON.stringify(memory)).not.toMatch(/anna|sexy|pictures/i);
  });
});

it("the normal form has neither numbers nor links", () => expect(normal("  Ça VA 12 ? www.a.example\nx@y.z ")).toBe("ça va 00 ? L L"));
