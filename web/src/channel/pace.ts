// Keeps to a quota that the server told in `welcome`, so that nothing is refused in the first place.

import type { Quota } from "../contract.ts";

const RATE_MIN_S = 0.1; // whatever the server told
const SHARE = 0.5; // of the burst: what is sent evenly can arrive in clumps

/** A token bucket, full at first. `now` gives milliseconds. */
export class Pace {
  private readonly rateS: number;
  private readonly burst: number;
  private tokens: number;
  private stamp: number;

  constructor(
    { rate_s, burst }: Quota,
    private readonly now: () => number,
  ) {
    this.rateS = Math.max(rate_s, RATE_MIN_S);
    this.burst = Math.max(1, burst * SHARE);
    this.tokens = this.burst;
    this.stamp = now();
  }

  /** Takes a token: 0 if there was one, else in how many milliseconds there will be. */
  take(): number {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.stamp) / 1000) * this.rateS);
    this.stamp = now;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) / this.rateS) * 1000);
    this.tokens--;
    return 0;
  }
}
