// What the driver of a sealed channel (talk.ts) is given at the start of a chat, and what it reports.

import type { Limits } from "../contract.ts";
import type { Content } from "../seal/content.ts";
import type { RelayEvent } from "../seal/frame.ts";
import type { Offer } from "../seal/handshake.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Reply, Refused } from "./connection.ts";
import type { Pace } from "./pace.ts";

/** What became of a text of ours: the server has it, the partner has it, or why neither does. */
export type Delivery = "sent" | "delivered" | { readonly failed: Refused["code"] };

/** The part of a connection that a chat needs. Each promise gives the server's reply. */
export interface Relay {
  signal(chat: string, data: string): Promise<Reply>;
  message(chat: string, data: string): Promise<Reply>;
}

/** What one chat reports to whoever began it. */
export interface ChannelEvents {
  /**
   * The chat is sealed: the partner's `ready` was opened. `emoji` are four numbers below 64. `commit` is the partner's
   * commitment for an `again`, or null if it sent none.
   */
  sealed(emoji: readonly number[], commit: string | null): void;
  /** A content of the partner's, each once and in the order of its lane. `n` is its number there. */
  received(content: Content, n: number): void;
  /** Our text with number `n` came further, or failed. */
  textChanged(n: number, delivery: Delivery): void;
  /** The chat is over because of this fault. No event follows. */
  fault(fault: SealFault): void;
}

/** What one side of a chat knows when it begins. */
export interface Terms {
  readonly chat: string;
  readonly polite: boolean;
  /** Our half of the handshake. */
  readonly offer: Offer;
  /** The partner's commitment to its half. Without one (null) the chat fails at once. */
  readonly commit: string | null;
  /** Our commitment for an `again` after this chat. */
  readonly nextCommit: string | null;
  readonly limits: Pick<Limits, "message_bytes" | "signal_bytes">;
  /** One quota for each event, shared by all chats of a session. */
  readonly pace: Readonly<Record<RelayEvent, Pace>>;
  /** A clock in milliseconds that only goes forward. */
  readonly now: () => number;
}
