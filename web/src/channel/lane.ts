// A lane carries numbered items one way, in order and exactly once, over a relay that can lose what was in flight when
// a link broke: go-back-N, with the partner's receipts. Pure: the channel does the sending.

export interface Item {
  readonly n: number;
  data: string;
  /** Taken by the server (`ok`), which is not yet the partner's word. */
  taken: boolean;
}

export class OutgoingLane {
  private items: Item[] = [];
  private cursor = 0;
  private numbered = 0;
  /** Refusals of an emission before the last rewind are stale. */
  epoch = 0;

  /** `encode` gets the number; returns it. */
  push(encode: (n: number) => string): number {
    const n = this.numbered++;
    this.items.push({ n, data: encode(n), taken: false });
    return n;
  }

  /** The next item to emit, if any. */
  take(): Item | null {
    const item = this.items.find(({ n }) => n === this.cursor) ?? null;
    if (item !== null) this.cursor++;
    return item;
  }

  taken(n: number): void {
    const item = this.items.find((each) => each.n === n);
    if (item !== undefined) item.taken = true;
  }

  /** Emit again from `n` on. */
  rewind(n: number): void {
    this.cursor = Math.max(Math.min(this.cursor, n), this.items[0]?.n ?? this.numbered);
    this.epoch++;
  }

  /** After a break: nobody will acknowledge what was in flight any more. */
  rewindToUntaken(): void {
    this.rewind(this.items.find(({ taken }) => !taken)?.n ?? this.numbered);
  }

  /** The partner has everything below `next`: those numbers are returned and forgotten. */
  confirm(next: number): number[] {
    if (next > this.numbered) return []; // of what was never sent
    const done = this.items.filter(({ n }) => n < next).map(({ n }) => n);
    this.items = this.items.filter(({ n }) => n >= next);
    this.cursor = Math.max(this.cursor, next);
    return done;
  }

  replace(n: number, data: string): void {
    const item = this.items.find((each) => each.n === n);
    if (item !== undefined) item.data = data;
  }
}

export type Arrival = "next" | "repeat" | "gap";

export class IncomingLane {
  next = 0;
  private askedFor = -1;

  accept(n: number): Arrival {
    if (n < this.next) return "repeat";
    if (n > this.next) return "gap";
    this.next++;
    return "next";
  }

  /** Whether to tell the partner of this gap: once for each place, or a burst would be asked for many times over. */
  shouldAsk(): boolean {
    const fresh = this.askedFor !== this.next;
    this.askedFor = this.next;
    return fresh;
  }
}
