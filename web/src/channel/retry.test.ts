// The delays between attempts to connect.

import { describe, expect, it } from "vitest";

import { retryDelayMs } from "./retry.ts";

describe("the delay before an attempt", () => {
  it("doubles from half a second to ten", () => {
    expect([0, 1, 2, 3, 9, 500].map((attempt) => retryDelayMs(attempt, 0.5, null))).toEqual([500, 1000, 2000, 4000, 10_000, 10_000]);
  });
  it("is spread by half each way", () => {
    expect(retryDelayMs(1, 0, null)).toBe(500);
    expect(retryDelayMs(1, 0.999, null)).toBeCloseTo(1500, -1);
  });
  it("is never shorter than the server asked", () => expect(retryDelayMs(0, 0, 30)).toBeGreaterThanOrEqual(30_000));
});
