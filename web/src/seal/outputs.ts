// What goes into a sealed chat (channel.ts) at its beginning, and what comes out for its driver to carry out.

import type { Bytes } from "./bytes.ts";
import type { Content } from "./content.ts";
import type { Lane, RelayEvent } from "./frame.ts";

export type SealFault = "seal_failed" | "seal_broken" | "seal_gap" | "seal_media" | "seal_differs";

export interface Opening {
  /** Our hello, and whether the partner is bound to theirs by a commitment: without one there is no chat. */
  readonly hello: Bytes;
  readonly committed: boolean;
  /** Our commitment for an `again`. */
  readonly nextCommit: string | null;
  readonly limits: { readonly message_bytes: number; readonly signal_bytes: number };
  /** Takes a token of the quota of an event: 0 if there was one, else in how many milliseconds there will be. */
  readonly pace: Readonly<Record<RelayEvent, { take(): number }>>;
}

export type Output =
  /** Agree on keys with this hello, then call `agreed`. */
  | { readonly name: "agree"; readonly hello: Bytes }
  /** Seal this, then call `sealed`. */
  | { readonly name: "seal"; readonly lane: Lane; readonly n: number; readonly content: Bytes }
  /** Open this, then call `opened`. Until then no other `open` and no `agree` comes. */
  | { readonly name: "open"; readonly lane: Lane; readonly n: number; readonly body: Bytes }
  /** Pass this on, then call `answered` with the token. */
  | { readonly name: "emit"; readonly event: RelayEvent; readonly data: string; readonly token: number }
  /** The chat is sealed. `commit` is the partner's for an `again`, if it offers one. */
  | { readonly name: "ready"; readonly emoji: readonly number[]; readonly commit: string | null }
  /** The partner's, in order and once. Texts have numbers of their own. */
  | { readonly name: "received"; readonly content: Content; readonly n: number }
  /** What became of a text of ours. */
  | { readonly name: "delivery"; readonly n: number; readonly state: "sent" | "delivered" }
  /** The chat is over: say `leave`. Nothing more comes out. */
  | { readonly name: "fault"; readonly fault: SealFault };
