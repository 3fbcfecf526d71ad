// A lane carries numbered contents one way, in order and exactly once, over a relay that may lose, repeat and reorder:
// docs/blind-relay.md, "Lanes". Nothing here sends or seals: the channel does.

import type { Content } from "./content.ts";

const HELD_MAX = 64; // numbers beyond the next one that a receiver holds, and so what a sender has under way at most

export interface Item {
  readonly n: number;
  /** Sealed once; the same bytes are sent again. */
  readonly sealed: Promise<string>;
  /** Taken by the server (`ok`), which is not yet the partner's word. */
  taken: boolean;
}

export class OutgoingLane {
  private items: Item[] = [];
  private cursor = 0; // the next to emit
  private sent = 0; // the next that was never emitted
  private numbered = 0;
  /** Refusals of an emission before the last rewind are stale. */
  epoch = 0;

  /** `seal` gets the number; returns it. */
  push(seal: (n: number) => Promise<string>): number {
    const n = this.numbered++;
    this.items.push({ n, sealed: seal(n), taken: false });
    return n;
  }

  /** The next item to emit, if any: never further than the receiver would hold. */
  peek(): Item | null {
    const first = this.items[0]?.n ?? this.cursor;
    return this.cursor < first + HELD_MAX ? (this.items[this.cursor - first] ?? null) : null;
  }

  advance(): void {
    this.cursor++;
    this.sent = Math.max(this.sent, this.cursor);
  }

  /** Whether something has gone that the partner's receipt does not cover yet. */
  get unconfirmed(): boolean {
    return this.items[0] !== undefined && this.items[0].n < this.sent;
  }

  /** Emit again from `n` on, or from the first that is not confirmed. */
  rewind(n = 0): void {
    this.cursor = Math.max(Math.min(this.cursor, n), this.items[0]?.n ?? this.numbered);
    this.epoch++;
  }

  /** The server has it. True if that is news. */
  take(item: Item): boolean {
    if (item.taken || !this.items.includes(item)) return false;
    item.taken = true;
    return true;
  }

  /** The partner has everything below `next`: those numbers are returned and forgotten. Of what was never sent, nothing. */
  confirm(next: number): number[] {
    if (next > this.sent) return [];
    const done = this.items.filter(({ n }) => n < next).map(({ n }) => n);
    this.items = this.items.filter(({ n }) => n >= next);
    this.cursor = Math.max(this.cursor, next);
    return done;
  }
}

export type Place = "next" | "ahead" | "old" | "far";
export type Arrived = readonly [n: number, content: Content | null];

export class IncomingLane {
  next = 0;
  private readonly held = new Map<number, Content | null>();

  /** Where a number stands; one that is held already is old. */
  place(n: number): Place {
    if (n === this.next) return "next";
    if (n < this.next || this.held.has(n)) return "old";
    return n <= this.next + HELD_MAX ? "ahead" : "far";
  }

  /** Takes what is next or ahead; returns all that is now in order. */
  put(n: number, content: Content | null): Arrived[] {
    this.held.set(n, content);
    const ordered: Arrived[] = [];
    for (let found = this.held.get(this.next); found !== undefined; found = this.held.get(this.next)) {
      this.held.delete(this.next);
      ordered.push([this.next++, found]);
    }
    return ordered;
  }

  /** Whether something is missing. */
  get gap(): boolean {
    return this.held.size > 0;
  }
}
