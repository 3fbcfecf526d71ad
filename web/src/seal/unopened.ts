// The frames that came but are not opened yet. WebCrypto needs time, so one frame is opened at a time, in the order in
// which they came.

import type { Frame } from "./frame.ts";

const KEPT_MAX = 64; // docs/blind-relay.md, "Handshake", 4

/** Three places: `frames` wait for their turn, one is `opening`, and `kept` came before it could be opened. */
export class Unopened {
  private frames: Frame[] = [];
  private kept: Frame[] = [];
  private opening: Frame | null = null;

  /** Adds a frame that came just now. */
  push(frame: Frame): void {
    this.frames.push(frame);
  }

  /** The next frame to look at, or null if there is none or one is being opened. */
  next(): Frame | null {
    return this.opening === null ? (this.frames.shift() ?? null) : null;
  }

  /** This frame is being opened: `next` gives none until `opened` is called. */
  open(frame: Frame): void {
    this.opening = frame;
  }

  /** Ends the opening. Returns its frame, or null if there was none, as after `clear`. */
  opened(): Frame | null {
    const frame = this.opening;
    this.opening = null;
    return frame;
  }

  /** Puts a frame aside until `takeOut`, since it cannot be opened yet. With 64 kept, more are dropped. */
  keep(frame: Frame): void {
    if (this.kept.length < KEPT_MAX) this.kept.push(frame);
  }

  /** The kept frames come next, in the order in which they came. */
  takeOut(): void {
    this.frames.unshift(...this.kept.splice(0));
  }

  /** Forgets all frames, also the one being opened. */
  clear(): void {
    this.frames = [];
    this.kept = [];
    this.opening = null;
  }
}
