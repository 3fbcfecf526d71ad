// What is mush, and what is not.

import { describe, expect, it } from "vitest";

import { isMush, sharpness } from "./sharpness.ts";

const SIDE = 64;

/** A grey picture by a function of the place; its pixels are RGBA. */
function picture(luma: (x: number, y: number) => number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let at = 0; at < SIDE * SIDE; at++) pixels.set([...Array<number>(3).fill(luma(at % SIDE, Math.floor(at / SIDE))), 255], at * 4);
  return pixels;
}

describe("mush", () => {
  it("is a picture of one colour", () => expect(isMush(picture(() => 128), SIDE)).toBe(true));
  it("is a dark one with a little noise", () => expect(isMush(picture((x, y) => (x * 7 + y * 13) % 3), SIDE)).toBe(true));
  it("is a slow slope", () => expect(isMush(picture((x, y) => x + y), SIDE)).toBe(true));
  it("is a wide wave", () => expect(isMush(picture((x) => 128 + 100 * Math.sin(x / 10)), SIDE)).toBe(true));
  it("is no picture with edges, be it dim", () => {
    expect(isMush(picture((x) => (x % 16 < 8 ? 20 : 40)), SIDE)).toBe(false);
    expect(isMush(picture((x, y) => (Math.hypot(x - 32, y - 32) < 20 ? 200 : 40)), SIDE)).toBe(false);
  });
});

describe("sharpness", () => {
  it("does not depend on the light", () => {
    const bright = sharpness(picture((x) => (x % 16 < 8 ? 0 : 200)), SIDE);
    expect(sharpness(picture((x) => (x % 16 < 8 ? 0 : 50)), SIDE)).toBeCloseTo(bright, 5);
  });
});
