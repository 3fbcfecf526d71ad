// Every event of the reducer (update.ts), grouped by where it comes from.

import type { Quality } from "../call/quality.ts";
import type { CallPhase } from "../call/recovery.ts";
import type { Route } from "../call/route.ts";
import type { Delivery } from "../channel/terms.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Trouble } from "../channel/connection.ts";
import type { Code, EndReason, MatchedArgs, Mode, PartnerState, Pause, ReportReason, SearchingArgs, Step, WelcomeArgs } from "../contract.ts";
import type { MediaState } from "../seal/content.ts";
import type { Gear, Media } from "./gear.ts";
import type { Bring, Entry, Notice, Wish } from "./model.ts";
import type { Settings } from "./settings.ts";
import type { Translated } from "./translation.ts";

type FromServer =
  | { readonly type: "welcome"; readonly args: WelcomeArgs }
  | { readonly type: "online"; readonly count: number }
  | { readonly type: "searching"; readonly args: SearchingArgs }
  | { readonly type: "matched"; readonly args: MatchedArgs }
  | { readonly type: "typing"; readonly chat: string; readonly on: boolean }
  | { readonly type: "partner"; readonly chat: string; readonly state: PartnerState }
  | { readonly type: "ended"; readonly chat: string; readonly reason: EndReason }
  /** Null: the operator has lifted the pause. */
  | { readonly type: "paused"; readonly pause: Pause | null };

type FromConnection = { readonly type: "connecting" } | { readonly type: "trouble"; readonly trouble: Trouble };

type FromPartner =
  /** `folds`: the text holds a link or a contact. */
  | { readonly type: "text"; readonly chat: string; readonly n: number; readonly text: string; readonly folds?: boolean }
  | { readonly type: "partner_media"; readonly chat: string; readonly media: MediaState | null }
  | { readonly type: "heard_step"; readonly chat: string; readonly step: Step };

type FromBoth = { readonly type: "react"; readonly chat: string; readonly mine: boolean; readonly sign: number };

type FromSeal =
  | { readonly type: "sealed"; readonly chat: string; readonly emoji: readonly number[] }
  | { readonly type: "compared"; readonly chat: string }
  | { readonly type: "seal_fault"; readonly chat: string; readonly fault: SealFault };

type FromCall =
  | { readonly type: "call"; readonly chat: string; readonly phase: CallPhase | "impossible" | "none" }
  | { readonly type: "route"; readonly chat: string; readonly route: Route }
  | { readonly type: "quality"; readonly chat: string; readonly quality: Quality }
  | { readonly type: "media"; readonly media: Partial<Media> }
  | { readonly type: "gear"; readonly gear: Partial<Gear> }
  /** The browser gave none of the devices that were asked for before a search. */
  | { readonly type: "no_device" };

type FromVisitor =
  | { readonly type: "wish"; readonly wish: Partial<Wish> }
  | { readonly type: "settings"; readonly settings: Partial<Settings> }
  | { readonly type: "picture"; readonly on: boolean }
  | { readonly type: "entry"; readonly entry: Partial<Entry> }
  | { readonly type: "bring"; readonly bring: Bring }
  | { readonly type: "preview"; readonly on: boolean }
  | { readonly type: "prepare" }
  | { readonly type: "search"; readonly mode: Mode; readonly anyone: boolean }
  | { readonly type: "stop" }
  | { readonly type: "panic" }
  | { readonly type: "again"; readonly chat: string }
  | { readonly type: "unfold"; readonly id: string }
  | { readonly type: "advert_closed" }
  | { readonly type: "write"; readonly chat: string; readonly n: number | null; readonly text: string }
  | { readonly type: "reported"; readonly chat: string; readonly reason: ReportReason }
  | { readonly type: "say_step"; readonly chat: string; readonly step: Step }
  | { readonly type: "refuse_step"; readonly chat: string }
  | { readonly type: "translate"; readonly chat: string; readonly id: string }
  | { readonly type: "translate_answer"; readonly yes: boolean }
  | { readonly type: "original"; readonly id: string; readonly original: boolean }
  | { readonly type: "confirm"; readonly what: "stop" | "next" }
  /** The visitor does not want the next search to begin by itself. */
  | { readonly type: "stay" }
  /** The page came into sight, or went out of it. */
  | { readonly type: "shown"; readonly shown: boolean };

type FromHere =
  | { readonly type: "refused"; readonly code: Code; readonly retryInMs: number | null; readonly pause?: Pause | null }
  /** The reply to an `again`. Without a code the server said ok. */
  | { readonly type: "again_reply"; readonly chat: string; readonly code: Code | null; readonly retryInMs: number | null; readonly pause?: Pause | null }
  /** How much another stranger's first words were like the partner's, from 0 to 1. */
  | { readonly type: "alike"; readonly chat: string; readonly likeness: number }
  | { readonly type: "delivery"; readonly chat: string; readonly n: number; readonly delivery: Delivery }
  /** Whether the browser can translate. */
  | { readonly type: "translator"; readonly able: boolean }
  | { readonly type: "translated"; readonly chat: string; readonly id: string; readonly translated: Translated }
  | { readonly type: "notice"; readonly notice: Notice | null }
  | { readonly type: "hidden_news" }
  | { readonly type: "page_left" }
  /** The partner of this chat is another tab of this browser. */
  | { readonly type: "yourself"; readonly chat: string }
  | { readonly type: "tick" };

/** What a controller dispatches. */
export type StateEvent = FromServer | FromConnection | FromPartner | FromBoth | FromSeal | FromCall | FromVisitor | FromHere;
/** An event with its time in milliseconds, since the reducer has no clock. */
export type TimedEvent = StateEvent & { readonly at: number };
