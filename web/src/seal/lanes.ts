// Lanes: numbered contents one way, in order and exactly once (docs/blind-relay.md, "Lanes"). They know nothing of keys
// or of the relay: the channel has contents sealed, opened and sent. All times are milliseconds of the channel's clock.
// src/omefree/seal/lanes.py is the same in Python; both run tests/vectors/lanes.json.

import type { Bytes } from "./bytes.ts";

/** Numbers beyond the next one that a receiver holds, and so what a sender has under way at most. */
export const HELD_MAX = 64;
const RESEND_MS = 3_000; // after nothing was confirmed; then doubled: a relay that swallows all is not hammered
const RESEND_MAX_MS = 24_000;
const ASK_EVERY_MS = 2_000;
const GAP_MS = 10_000; // three resendings fit in

/** A content until it is sealed, from then on the one frame that is ever sent of it. */
interface Item {
  content: Bytes | null;
  frame: string | null;
  /** By the server, which is not yet the partner's word. */
  taken: boolean;
}

/** `base` is the first that the partner has not confirmed, `cursor` the next to send, `sent` the next never sent. */
export class OutgoingLane {
  /** When to send again, if nothing is confirmed until then. */
  resendAt: number | null = null;
  private readonly items = new Map<number, Item>();
  private base = 0;
  private cursor = 0;
  private sent = 0;
  private patienceMs = RESEND_MS;

  get started(): boolean {
    return this.sent > 0;
  }

  /** Returns its number. */
  push(content: Bytes): number {
    const n = this.base + this.items.size;
    this.items.set(n, { content, frame: null, taken: false });
    return n;
  }

  /** What may be sent soon and is not sealed yet. Each is given out once: no number may be sealed twice. */
  takeUnsealed(): (readonly [n: number, content: Bytes])[] {
    const found: (readonly [number, Bytes])[] = [];
    for (let n = this.cursor; n < this.base + HELD_MAX; n++) {
      const item = this.items.get(n);
      if (item === undefined) break;
      if (item.content !== null) found.push([n, item.content]);
      item.content = null;
    }
    return found;
  }

  sealed(n: number, frame: string): void {
    const item = this.items.get(n);
    if (item !== undefined) item.frame = frame;
  }

  hasNext(): boolean {
    return this.cursor < this.base + HELD_MAX && typeof this.items.get(this.cursor)?.frame === "string";
  }

  /** The number and the frame to send next; null unless `hasNext`. */
  take(now: number): readonly [n: number, frame: string] | null {
    const n = this.cursor;
    const frame = this.items.get(n)?.frame;
    if (typeof frame !== "string") return null;
    this.cursor = n + 1;
    this.sent = Math.max(this.sent, n + 1);
    this.resendAt ??= now + this.patienceMs;
    return [n, frame];
  }

  /** The server has it. True if that is news. */
  taken(n: number): boolean {
    const item = this.items.get(n);
    if (item === undefined || item.taken) return false;
    item.taken = true;
    return true;
  }

  /** The partner has everything below `until`: those that it had not before. Of what was never sent, nothing. */
  confirm(until: number, now: number): number[] {
    if (until <= this.base || until > this.sent) return [];
    const confirmed = Array.from({ length: until - this.base }, (_, index) => this.base + index);
    for (const n of confirmed) this.items.delete(n);
    this.base = until;
    this.cursor = Math.max(this.cursor, until);
    this.patienceMs = RESEND_MS;
    this.resendAt = until < this.sent ? now + RESEND_MS : null;
    return confirmed;
  }

  /** Send again from `n` on, or from the first that is not confirmed. */
  rewind(n = 0): void {
    this.cursor = Math.max(this.base, Math.min(this.cursor, n));
  }

  /** After a break nobody knows what arrived. */
  resume(): void {
    this.rewind();
    this.patienceMs = RESEND_MS;
    this.resendAt = null;
  }

  wake(now: number): void {
    if (this.resendAt === null || this.resendAt > now) return;
    this.rewind();
    this.patienceMs = Math.min(2 * this.patienceMs, RESEND_MAX_MS);
    this.resendAt = now + this.patienceMs;
  }
}

/** `next` is the number expected. `askAt`: when to ask for it, `gapAt`: when it has been missing for too long. */
export class IncomingLane {
  next = 0;
  askAt: number | null = null;
  gapAt: number | null = null;
  private readonly held = new Map<number, Bytes>();

  /** Neither had before nor too far away. */
  wants(n: number): boolean {
    return this.next <= n && n <= this.next + HELD_MAX && !this.held.has(n);
  }

  /** Takes one that the lane `wants`: those whose turn it is now, in order. */
  accept(n: number, content: Bytes, now: number): (readonly [n: number, content: Bytes])[] {
    this.held.set(n, content);
    const due: (readonly [number, Bytes])[] = [];
    for (let found = this.held.get(this.next); found !== undefined; found = this.held.get(this.next)) {
      this.held.delete(this.next);
      due.push([this.next++, found]);
    }
    if (this.held.size === 0) {
      this.askAt = this.gapAt = null;
    } else if (due.length > 0 || this.gapAt === null) {
      this.askAt = now; // another number is missing than before
      this.gapAt = now + GAP_MS;
    }
    return due;
  }

  /** True if it is time to ask for what is missing. */
  asks(now: number): boolean {
    if (this.askAt === null || this.askAt > now) return false;
    this.askAt = now + ASK_EVERY_MS;
    return true;
  }
}

/** Receipts both ways: gaps are allowed, and the newest says all. `dueAt`: when one is to go out. */
export class ReceiptLane {
  again = false;
  dueAt: number | null = null;
  private number = 0;
  private newest = -1;

  /** One must go out, at `at` or before; with `again` it asks. */
  owe(at: number, again = false): void {
    this.dueAt = Math.min(this.dueAt ?? at, at);
    this.again ||= again;
  }

  /** The number of the next receipt, and whether it asks; nothing is owed any more. */
  take(): readonly [n: number, again: boolean] {
    const taken = [this.number++, this.again] as const;
    this.dueAt = null;
    this.again = false;
    return taken;
  }

  isNew(n: number): boolean {
    return n > this.newest;
  }

  note(n: number): void {
    this.newest = n;
  }
}
