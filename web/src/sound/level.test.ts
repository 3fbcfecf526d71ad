// The level of the microphone.

import { expect, it } from "vitest";

import { levelOf } from "./level.ts";

const tone = (loudness: number) => Array.from({ length: 1024 }, (_, at) => loudness * Math.sin(at / 5));

it("is nothing in a quiet room, full for a loud voice, and between for a low one", () => {
  expect(levelOf(tone(0))).toBe(0);
  expect(levelOf([])).toBe(0);
  expect(levelOf(tone(1))).toBe(1);
  expect(levelOf(tone(0.03))).toBeGreaterThan(0.2);
  expect(levelOf(tone(0.03))).toBeLessThan(0.8);
});
