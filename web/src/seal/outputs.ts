// What a channel (channel.ts) is given at its start, and what it puts out for its driver to do.

import type { Bytes } from "./bytes.ts";
import type { Content } from "./content.ts";
import type { Lane, RelayEvent } from "./frame.ts";

/** Why the sealing ended a chat: docs/blind-relay.md, "How it ends". */
export type SealFault = "seal_failed" | "seal_broken" | "seal_gap" | "seal_media" | "seal_differs";

/** What a channel is given at its start. */
export interface Opening {
  readonly hello: Bytes;
  /** Whether the partner sent a commitment to its hello. Without one the chat fails at once. */
  readonly committed: boolean;
  /** Our commitment for an `again`. */
  readonly nextCommit: string | null;
  readonly limits: { readonly message_bytes: number; readonly signal_bytes: number };
  /** `take` takes a token of the event's quota. It returns 0, or in how many milliseconds there will be one. */
  readonly pace: Readonly<Record<RelayEvent, { take(): number }>>;
}

/** Something for the driver to do. */
export type Output =
  /** Agree on keys with this hello of the partner's, then call `agreed`. */
  | { readonly name: "agree"; readonly hello: Bytes }
  /** Seal this content, then call `sealed`. */
  | { readonly name: "seal"; readonly lane: Lane; readonly n: number; readonly content: Bytes }
  /** Open this body, then call `opened`. Until then no other `open` and no `agree` follows. */
  | { readonly name: "open"; readonly lane: Lane; readonly n: number; readonly body: Bytes }
  /** Send this to the server, and when it replies, call `answered` with the token. */
  | { readonly name: "emit"; readonly event: RelayEvent; readonly data: string; readonly token: number }
  /** The chat is sealed. `commit` is the partner's commitment for an `again`, or null. */
  | { readonly name: "ready"; readonly emoji: readonly number[]; readonly commit: string | null }
  /** The partner's content with number `n` of its lane, each once and in order. */
  | { readonly name: "received"; readonly content: Content; readonly n: number }
  /** Our text `n` has reached the server, or the partner. */
  | { readonly name: "delivery"; readonly n: number; readonly state: "sent" | "delivered" }
  /** The chat is over: send `leave`. No output follows. */
  | { readonly name: "fault"; readonly fault: SealFault };
