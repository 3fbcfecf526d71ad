// What a channel is given, and what it tells.

import type { Limits } from "../contract.ts";
import type { Content } from "../seal/content.ts";
import type { RelayEvent } from "../seal/frame.ts";
import type { Offer } from "../seal/handshake.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Reply, Refused } from "./connection.ts";
import type { Pace } from "./pace.ts";

export type Delivery = "sent" | "delivered" | { readonly failed: Refused["code"] };

/** The part of a link that a channel needs. */
export interface Relay {
  signal(chat: string, data: string): Promise<Reply>;
  message(chat: string, data: string): Promise<Reply>;
}

export interface ChannelEvents {
  /** The partner's `ready` was opened: four numbers for the emoji, and the partner's commitment for an `again`. */
  sealed(emoji: readonly number[], commit: string | null): void;
  received(content: Content, n: number): void;
  textChanged(n: number, delivery: Delivery): void;
  /** The chat is over; nothing more comes. */
  fault(fault: SealFault): void;
}

export interface Terms {
  readonly chat: string;
  readonly polite: boolean;
  readonly offer: Offer;
  /** The partner's commitment. */
  readonly commit: string | null;
  /** Ours for an `again`. */
  readonly nextCommit: string | null;
  readonly limits: Pick<Limits, "message_bytes" | "signal_bytes">;
  readonly pace: Readonly<Record<RelayEvent, Pace>>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}
