// Every event of the reducer (update.ts), grouped by where it comes from.

import type { CallPhase } from "../call/recovery.ts";
import type { DeviceFault } from "../call/devices.ts";
import type { Delivery } from "../channel/terms.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Trouble } from "../channel/connection.ts";
import type { Code, EndReason, MatchedArgs, Mode, PartnerState, ReportReason, SearchingArgs, WelcomeArgs } from "../contract.ts";
import type { MediaState } from "../seal/content.ts";
import type { Media, Notice, Wish } from "./model.ts";

type FromServer =
  | { readonly type: "welcome"; readonly args: WelcomeArgs }
  | { readonly type: "online"; readonly count: number }
  | { readonly type: "searching"; readonly args: SearchingArgs }
  | { readonly type: "matched"; readonly args: MatchedArgs }
  | { readonly type: "typing"; readonly chat: string; readonly on: boolean }
  | { readonly type: "partner"; readonly chat: string; readonly state: PartnerState }
  | { readonly type: "ended"; readonly chat: string; readonly reason: EndReason };

type FromConnection = { readonly type: "connecting" } | { readonly type: "trouble"; readonly trouble: Trouble };

type FromPartner =
  | { readonly type: "text"; readonly chat: string; readonly n: number; readonly text: string }
  | { readonly type: "partner_media"; readonly chat: string; readonly media: MediaState };

type FromSeal =
  | { readonly type: "sealed"; readonly chat: string; readonly emoji: readonly number[] }
  | { readonly type: "compared"; readonly chat: string }
  | { readonly type: "seal_fault"; readonly chat: string; readonly fault: SealFault };

type FromCall =
  | { readonly type: "call"; readonly chat: string; readonly phase: CallPhase | "impossible" }
  | { readonly type: "media"; readonly media: Omit<Media, "fault"> }
  | { readonly type: "device_fault"; readonly fault: DeviceFault | null; readonly blocking: boolean };

type FromVisitor =
  | { readonly type: "wish"; readonly wish: Partial<Wish> }
  | { readonly type: "prepare" }
  | { readonly type: "search"; readonly mode: Mode; readonly anyone: boolean }
  | { readonly type: "stop" }
  | { readonly type: "again"; readonly chat: string }
  | { readonly type: "write"; readonly chat: string; readonly n: number | null; readonly text: string }
  | { readonly type: "reported"; readonly chat: string; readonly reason: ReportReason }
  | { readonly type: "escape" }
  | { readonly type: "seen" };

type FromHere =
  | { readonly type: "refused"; readonly code: Code; readonly retryInMs: number | null }
  /** The reply to an `again`. Without a code the server said ok. */
  | { readonly type: "again_reply"; readonly chat: string; readonly code: Code | null; readonly retryInMs: number | null }
  | { readonly type: "delivery"; readonly chat: string; readonly n: number; readonly delivery: Delivery }
  | { readonly type: "notice"; readonly notice: Notice | null }
  | { readonly type: "hidden_news" }
  | { readonly type: "tick" };

/** What a controller dispatches. */
export type StateEvent = FromServer | FromConnection | FromPartner | FromSeal | FromCall | FromVisitor | FromHere;
/** An event with its time in milliseconds, since the reducer has no clock. */
export type TimedEvent = StateEvent & { readonly at: number };
