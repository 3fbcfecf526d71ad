// The token bucket, on a clock that the test sets.

import { describe, expect, it } from "vitest";

import { Pace } from "./pace.ts";

describe("a pace", () => {
  it("grants half the burst at once, and then as the rate allows", () => {
    let now = 0;
    const pace = new Pace({ rate_s: 10, burst: 4 }, () => now);
    expect([pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 100]);
    now = 100;
    expect([pace.take(), pace.take()]).toEqual([0, 100]);
  });

  it.each([0, -1, 1e-9])("waits for a time that ends, whatever rate the server tells: %d", (rate_s) => {
    const pace = new Pace({ rate_s, burst: 0 }, () => 0);
    expect([pace.take(), pace.take()]).toEqual([0, 10_000]);
  });
});
