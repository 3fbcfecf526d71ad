// Looks at one partner's picture again and again: quickly while it is covered, seldom once it is clear.

import type { Look } from "./terms.ts";
import { judge, type Verdict } from "./verdict.ts";

const COVERED_EVERY_MS = 300;
const CLEAR_EVERY_MS = 1_000;
const CLEAR_EVERY_LOOKS = 4; // so that a slow device spends a fifth of its time on this at most

/** What the sampler needs of the page. Tests put a clock of their own here. */
export interface Eyes {
  /** The pixels of the picture as it is now; null if there is none that can be judged. `square`: its middle alone. */
  grab(square: boolean): ArrayBuffer | null;
  /** Null if the frame could not be looked at. */
  look(pixels: ArrayBuffer): Promise<Look | null>;
  now(): number;
  /** Calls back once after so many milliseconds. Returns a function that prevents it. */
  later(act: () => void, ms: number): () => void;
}

/** Runs from `start` to `stop`, goes on from a verdict, and tells each new one. */
export class Sampler {
  private frame = 0;
  private running = 0; // counts the starts and stops: what was asked before the last of them is stale
  private cancel: (() => void) | null = null;

  constructor(
    private readonly eyes: Eyes,
    private verdict: Verdict,
    private readonly onverdict: (verdict: Verdict) => void,
  ) {}

  start(): void {
    this.stop();
    void this.look(this.running);
  }

  stop(): void {
    this.running++;
    this.cancel?.();
    this.cancel = null;
  }

  private async look(run: number): Promise<void> {
    const began = this.eyes.now();
    const pixels = this.eyes.grab(this.frame++ % 2 === 1);
    const look = pixels === null ? null : await this.eyes.look(pixels);
    if (run !== this.running) return;
    this.verdict = judge(this.verdict, look?.risk ?? null, began);
    this.onverdict(this.verdict);
    if (run !== this.running) return; // whoever heard the verdict has stopped us
    const every = this.verdict.covered ? COVERED_EVERY_MS : Math.max(CLEAR_EVERY_MS, CLEAR_EVERY_LOOKS * (look?.ms ?? 0));
    this.cancel = this.eyes.later(() => void this.look(run), Math.max(0, every - (this.eyes.now() - began)));
  }
}
