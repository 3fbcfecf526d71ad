// What we sent to the server and has no reply yet.

import type { Frame } from "./frame.ts";

const MAX = 1_024; // so that a server that never replies does not fill the memory

/** What was sent: the kind and the number of the frame. `again`: it is a receipt that asks to send again. */
export interface Sent {
  readonly kind: Frame["kind"];
  readonly n: number;
  readonly again: boolean;
}

/** Gives each emission a token, by which its reply finds it. */
export class Unanswered {
  private readonly sent = new Map<number, Sent>();
  private token = 0;

  /** Returns the token of this emission. With 1,024 waiting, the oldest is forgotten. */
  add(sent: Sent): number {
    this.sent.set(++this.token, sent);
    this.sent.delete(this.token - MAX);
    return this.token;
  }

  /** What was sent with this token; undefined the second time, or if it was forgotten. */
  take(token: number): Sent | undefined {
    const sent = this.sent.get(token);
    this.sent.delete(token);
    return sent;
  }

  /** Called after a break: replies to what was sent before it no longer count. */
  clear(): void {
    this.sent.clear();
  }
}
