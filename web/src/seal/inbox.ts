// What came and was not opened yet. WebCrypto answers later, so one is opened at a time, in the order in which they came.

import type { Frame } from "./frame.ts";

const KEPT_MAX = 64;

export class Inbox {
  private frames: Frame[] = [];
  private kept: Frame[] = [];
  private opening: Frame | null = null;

  push(frame: Frame): void {
    this.frames.push(frame);
  }

  /** The next to look at; null if there is none, or one is being opened. */
  next(): Frame | null {
    return this.opening === null ? (this.frames.shift() ?? null) : null;
  }

  /** This one is being opened; `opened` says that it is done, and gives it back. */
  open(frame: Frame): void {
    this.opening = frame;
  }

  opened(): Frame | null {
    const frame = this.opening;
    this.opening = null;
    return frame;
  }

  /** It came before it can be opened: `takeOut` gives it its turn. */
  keep(frame: Frame): void {
    if (this.kept.length < KEPT_MAX) this.kept.push(frame);
  }

  /** What was kept comes next, in the order in which it came. */
  takeOut(): void {
    this.frames.unshift(...this.kept.splice(0));
  }

  clear(): void {
    this.frames = [];
    this.kept = [];
    this.opening = null;
  }
}
