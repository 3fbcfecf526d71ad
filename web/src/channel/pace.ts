// Keeps to a quota that the server told in `welcome`, so that nothing is refused in the first place.

import type { Quota } from "../contract.ts";

const SHARE = 0.5; // of the burst: what is sent evenly can arrive in clumps

/** A token bucket, full at first. `now` gives milliseconds. */
export class Pace {
  private tokens: number;
  private stamp: number;

  constructor(
    private readonly quota: Quota,
    private readonly now: () => number,
  ) {
    this.tokens = this.burst;
    this.stamp = now();
  }

  /** Takes a token: 0 if there was one, else in how many milliseconds there will be. */
  take(): number {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.stamp) / 1000) * this.quota.rate_s);
    this.stamp = now;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) / this.quota.rate_s) * 1000);
    this.tokens--;
    return 0;
  }

  private get burst(): number {
    return Math.max(1, this.quota.burst * SHARE);
  }
}
