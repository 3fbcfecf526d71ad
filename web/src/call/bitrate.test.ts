import { describe, expect, it } from "vitest";

import { type Arrival, isWorthSetting, nextBitrate, sendingOf, START_BPS } from "./bitrate.ts";

const WELL: Arrival = { loss: 0, available: null };
const BADLY: Arrival = { loss: 0.5, available: null };

/** The figure after so many looks that all told the same. */
function after(looks: number, arrival: Arrival, saver = false, from = START_BPS): number {
  return Array.from({ length: looks }).reduce<number>((bps) => nextBitrate(bps, arrival, saver), from);
}

describe("the bitrate", () => {
  it("grows while all arrives, to a limit", () => {
    const low = after(50, BADLY);
    expect(after(1, WELL, false, low)).toBeGreaterThan(low);
    expect(after(50, WELL, false, low)).toBe(START_BPS);
    expect(after(1, WELL)).toBe(START_BPS);
  });

  it("falls at once when much is lost, and never to nothing", () => {
    expect(after(1, BADLY)).toBeLessThan(START_BPS * 0.8);
    expect(after(50, BADLY)).toBeGreaterThan(50_000);
  });

  it("falls faster than it grows", () => {
    expect(after(1, WELL, false, after(1, BADLY))).toBeLessThan(START_BPS);
  });

  it("stays where it is over a little loss, and while nobody has told", () => {
    expect(after(3, { loss: 0.05, available: null })).toBe(START_BPS);
    expect(after(3, { loss: null, available: null })).toBe(START_BPS);
  });

  it("is at most what the way carries, and halves at most at one look", () => {
    expect(after(1, { loss: 0, available: 1_400_000 })).toBe(1_400_000);
    expect(after(1, { loss: 0, available: 10_000 })).toBe(START_BPS / 2);
  });

  it("is back in ten seconds once the way carries more: a browser believes half as much again as it sends", () => {
    let bps = after(9, { loss: 0, available: 300_000 });
    for (let look = 0; look < 5; look++) bps = nextBitrate(bps, { loss: 0, available: Math.min(1.5 * bps, 3_000_000) }, false);
    expect(bps).toBe(START_BPS);
  });

  it("doubles at most at one look, and only while all arrives", () => {
    const low = after(9, { loss: 0, available: 300_000 });
    expect(after(1, { loss: 0, available: 2_000_000 }, false, low)).toBe(2 * low);
    expect(after(1, { loss: 0.05, available: 2_000_000 }, false, low)).toBe(low);
  });

  it("is small from the first look on for who saves data", () => {
    expect(after(1, WELL, true)).toBeLessThan(300_000);
    expect(after(50, WELL, true)).toBeLessThan(300_000);
  });
});

describe("a limit", () => {
  it.each([
    [undefined, 1_000_000, true],
    [1_000_000, 1_000_000, false],
    [1_000_000, 950_000, false],
    [1_000_000, 1_200_000, false],
    [1_000_000, 900_000, true],
    [1_000_000, 1_250_000, true],
  ])("of %s that becomes %d is set anew: %s", (now, next, worth) => {
    expect(isWorthSetting(now, next)).toBe(worth);
  });
});

describe("what is sent", () => {
  it("has fewer points where there are few bits, and fewer frames to save data", () => {
    const scales = [1_000_000, 300_000, 100_000].map((bps) => sendingOf(bps, false).scaleResolutionDownBy);
    expect(scales).toEqual([1, 2, 4]);
    expect(sendingOf(1_000_000, true).scaleResolutionDownBy).toBe(2);
    expect(sendingOf(1_000_000, true).maxFramerate).toBeLessThan(sendingOf(1_000_000, false).maxFramerate);
  });
});
