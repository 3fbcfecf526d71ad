// Lanes carry numbered contents in one direction, in order and exactly once (docs/blind-relay.md, "Lanes"). They know
// neither keys nor the relay: the channel (channel.ts) has contents sealed, opened and sent. All times are milliseconds
// of the channel's clock. src/omefree/seal/lanes.py is the same in Python; both run tests/vectors/lanes.json.

import type { Bytes } from "./bytes.ts";

/** How far past the next number a receiver holds contents, and so how many a sender has under way at most. */
export const HELD_MAX = 64;
const RESEND_MS = 3_000; // without a confirmation; then doubled, so as not to flood a relay that loses everything
const RESEND_MAX_MS = 24_000;
const ASK_EVERY_MS = 2_000;
const GAP_MS = 10_000; // time for three resendings

/** First the content; once it is sealed, its frame, which never changes. Null: not yet, or no longer. */
interface Item {
  content: Bytes | null;
  frame: string | null;
  /** The server has taken it. The partner has not confirmed it yet. */
  taken: boolean;
}

/** What we send. `base`: the first number not confirmed. `cursor`: the next to send. `sent`: the first never sent. */
export class OutgoingLane {
  /** When to send again if nothing is confirmed before; null if nothing is under way. */
  resendAt: number | null = null;
  private readonly items = new Map<number, Item>();
  private base = 0;
  private cursor = 0;
  private sent = 0;
  private resendAfterMs = RESEND_MS;

  /** Whether anything was ever sent. */
  get started(): boolean {
    return this.sent > 0;
  }

  /** Adds a content at the end. Returns its number. */
  push(content: Bytes): number {
    const n = this.base + this.items.size;
    this.items.set(n, { content, frame: null, taken: false });
    return n;
  }

  /** The contents to seal now. Each is given out once only, since no number may be sealed twice. */
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

  /** Called with the frame of a content that `takeUnsealed` gave. */
  sealed(n: number, frame: string): void {
    const item = this.items.get(n);
    if (item !== undefined) item.frame = frame;
  }

  /** Whether the next content is sealed and not too far ahead of the partner. */
  hasNext(): boolean {
    return this.cursor < this.base + HELD_MAX && typeof this.items.get(this.cursor)?.frame === "string";
  }

  /** The number and the frame to send now, or null unless `hasNext`. */
  take(now: number): readonly [n: number, frame: string] | null {
    const n = this.cursor;
    const frame = this.items.get(n)?.frame;
    if (typeof frame !== "string") return null;
    this.cursor = n + 1;
    this.sent = Math.max(this.sent, n + 1);
    this.resendAt ??= now + this.resendAfterMs;
    return [n, frame];
  }

  /** The server has taken the frame. True if we did not know that yet. */
  taken(n: number): boolean {
    const item = this.items.get(n);
    if (item === undefined || item.taken) return false;
    item.taken = true;
    return true;
  }

  /** The partner has everything below `until`. Returns the numbers that this confirms. One never sent confirms none. */
  confirm(until: number, now: number): number[] {
    if (until <= this.base || until > this.sent) return [];
    const confirmed = Array.from({ length: until - this.base }, (_, index) => this.base + index);
    for (const n of confirmed) this.items.delete(n);
    this.base = until;
    this.cursor = Math.max(this.cursor, until);
    this.resendAfterMs = RESEND_MS;
    this.resendAt = until < this.sent ? now + RESEND_MS : null;
    return confirmed;
  }

  /** Sends again from `n` on; by default from the first number that is not confirmed. */
  rewind(n = 0): void {
    this.cursor = Math.max(this.base, Math.min(this.cursor, n));
  }

  /** Called after a break: sends again from the first number that is not confirmed. */
  resume(): void {
    this.rewind();
    this.resendAfterMs = RESEND_MS;
    this.resendAt = null;
  }

  /** Sends again from the first number that is not confirmed if `resendAt` has come, and doubles the wait. */
  wake(now: number): void {
    if (this.resendAt === null || this.resendAt > now) return;
    this.rewind();
    this.resendAfterMs = Math.min(2 * this.resendAfterMs, RESEND_MAX_MS);
    this.resendAt = now + this.resendAfterMs;
  }
}

/** What the partner sends. `next`: the number expected. `askAt`: when to ask for it. `gapAt`: when to give up on it. */
export class IncomingLane {
  next = 0;
  askAt: number | null = null;
  gapAt: number | null = null;
  private readonly held = new Map<number, Bytes>();

  /** Whether this number is new and not too far ahead. */
  wants(n: number): boolean {
    return this.next <= n && n <= this.next + HELD_MAX && !this.held.has(n);
  }

  /** Takes a content that the lane `wants`. Returns all contents whose turn it is now, in order. */
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
      this.askAt = now; // the missing number is not the one from before
      this.gapAt = now + GAP_MS;
    }
    return due;
  }

  /** True if it is time to ask for the missing number; then the next time is set. */
  asks(now: number): boolean {
    if (this.askAt === null || this.askAt > now) return false;
    this.askAt = now + ASK_EVERY_MS;
    return true;
  }
}

/** Receipts in both directions. Gaps are allowed, since the newest says everything. `dueAt`: when one must go out. */
export class ReceiptLane {
  again = false;
  dueAt: number | null = null;
  private number = 0;
  private newest = -1;

  /** A receipt must go out at `at` or before. With `again` it asks the partner to send again. */
  owe(at: number, again = false): void {
    this.dueAt = Math.min(this.dueAt ?? at, at);
    this.again ||= again;
  }

  /** The number of the next receipt, and whether it asks to send again. None is owed afterwards. */
  take(): readonly [n: number, again: boolean] {
    const taken = [this.number++, this.again] as const;
    this.dueAt = null;
    this.again = false;
    return taken;
  }

  /** Whether this receipt of the partner's is newer than all that were opened. */
  isNew(n: number): boolean {
    return n > this.newest;
  }

  /** This receipt of the partner's was opened, and is now the newest. */
  note(n: number): void {
    this.newest = n;
  }
}
