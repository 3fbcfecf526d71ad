// What was passed to the server and has no answer yet.

import type { Frame } from "./frame.ts";

const MAX = 1_024; // a server that never answers must not fill the memory

/** What the token of an emission stands for. `again`: a receipt that asks. */
export interface Sent {
  readonly kind: Frame["kind"];
  readonly n: number;
  readonly again: boolean;
}

export class Unanswered {
  private readonly sent = new Map<number, Sent>();
  private token = 0;

  /** Returns its token. */
  add(sent: Sent): number {
    this.sent.set(++this.token, sent);
    this.sent.delete(this.token - MAX);
    return this.token;
  }

  /** What the token stands for, once; nothing if it was forgotten. */
  take(token: number): Sent | undefined {
    const sent = this.sent.get(token);
    this.sent.delete(token);
    return sent;
  }

  /** No answer to what went before counts any more. */
  clear(): void {
    this.sent.clear();
  }
}
