// Keeps what we send under a quota that `welcome` told (docs/protocol.md), so that the server refuses nothing.

import type { Quota } from "../contract.ts";

const RATE_MIN_S = 0.1; // tokens a second; the lower bound makes every wait end, even if the server tells a rate of 0
const SHARE = 0.5; // the part of the burst that we use: what is sent evenly can arrive in clumps

/** A token bucket for one kind of event, full at first. `now` gives milliseconds. */
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

  /** Takes a token. Returns 0 if there was one, else in how many milliseconds there will be one. */
  take(): number {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.stamp) / 1000) * this.rateS);
    this.stamp = now;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) / this.rateS) * 1000);
    this.tokens--;
    return 0;
  }
}
