// The state of the page, as plain data: no clock, no connection, no DOM. All times are milliseconds since the epoch,
// given by the events.

import type { Quality } from "../call/quality.ts";
import type { CallPhase } from "../call/recovery.ts";
import type { Route } from "../call/route.ts";
import type { Delivery } from "../channel/terms.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Code, EndReason, Limits, Mode, PauseReason, ReportReason, Whose } from "../contract.ts";
import type { MediaState } from "../seal/content.ts";
import { NO_GEAR, NO_MEDIA, type Gear, type Media } from "./gear.ts";
import { SETTINGS, type Settings } from "./settings.ts";
import type { Steps } from "./steps.ts";
import { NO_TRANSLATIONS, type Translations } from "./translation.ts";

/** What this browser allows, at the address that the page came from. */
export interface Ability {
  /** The page came over https or from localhost. */
  readonly secure: boolean;
  readonly calls: boolean;
  /** Without it no search is possible, since nothing goes to a stranger unsealed. */
  readonly seal: boolean;
}

export const TYPING_EXPIRES_MS = 5_000; // so that a lost "off" does not leave it on the screen
export const CONFIRM_EXPIRES_MS = 4_000; // how long the first press of a key waits for the second
export const REPORT_WINDOW_MS = 60_000; // protocol.md, `report`
export const AGAIN_WINDOW_MS = 120_000; // protocol.md, `again`
export const TEXT_MAX_BYTES = 12_000; // docs/blind-relay.md, `text`
export const REST_AFTER_MS = 10_000; // after a chat's end, until camera and microphone go off
export const INTERESTS_MAX = 10; // until `welcome` tells the server's limits
export const LANGUAGES_MAX = 5; // docs/protocol.md, criteria
export const INTEREST_MAX_CHARS = 32; // docs/protocol.md, criteria

export type ConnectionPhase = "connecting" | "up" | "lost" | "outdated";
/** The connection to the server, as the page shows it. */
export interface ConnectionState {
  readonly phase: ConnectionPhase;
  /** When the next attempt is due, or null if none is planned. */
  readonly retryAt: number | null;
  /** The server's reason for a refusal. */
  readonly code: Code | null;
  /** How many attempts failed since the last `welcome`. */
  readonly tries: number;
  /** Since when there is no connection, or null while there is one, and before the first attempt has failed. */
  readonly lostSince: number | null;
}

/** What a search asks for. `hide`: our address, by a relay. */
export interface Wish {
  readonly interests: readonly string[];
  /** What stands in the field of interests. It counts as one when a search starts. */
  readonly typed: string;
  /** The partner must speak one of these; none: any. */
  readonly languages: readonly string[];
  readonly hide: boolean;
}

/** The sheet before the first search: the visitor's age, the rules, what happens with the camera. Asked once per page. */
export interface Entry {
  /** The visitor has said to be 18 or older and has accepted the rules. Nobody searches before. */
  readonly agreed: boolean;
  /** The mode that the visitor wants to start, while the sheet is open; else null. */
  readonly wanted: Mode | null;
}

/** The current search. */
export interface Search {
  readonly mode: Mode;
  readonly since: number;
  /** No shared interest is required any more. */
  readonly widened: boolean;
  /** The visitor dropped the interests for this search. */
  readonly anyone: boolean;
  /** When the server lets us ask again, if it refused. */
  readonly retryAt: number | null;
  readonly refusal: Code | null;
}

/** One text in the log. */
export interface Text {
  readonly id: string;
  readonly mine: boolean;
  /** When it was written here, or came. */
  readonly at: number;
  readonly text: string;
  readonly state: "received" | "waiting" | Delivery;
  /** It holds a link or a contact, and is not shown yet. */
  readonly folded: boolean;
}

/** What is known of the partner's beginning. */
export interface Trust {
  readonly since: number;
  readonly sealedAt: number | null;
  /** The visitor has written in this chat. */
  readonly wrote: boolean;
  /** The partner's first text was long and came at once. */
  readonly quick: boolean;
  /** `closed`: the visitor does not want to see it. */
  readonly advert: "none" | "shown" | "closed";
}

/** The current chat, also when it is over but still shown. */
export interface Chat {
  readonly id: string;
  readonly mode: Mode;
  readonly common: readonly string[];
  readonly relayOnly: boolean;
  readonly texts: readonly Text[];
  /** How many older texts were let go: a tab cannot hold all that a stranger may send. */
  readonly dropped: number;
  /** Until when the partner may come back, or null while the partner is here. */
  readonly awayUntil: number | null;
  /** Since when the partner is away, or null while the partner is here. */
  readonly awaySince: number | null;
  readonly typingUntil: number | null;
  /** Null until the partner has told. */
  readonly partnerMedia: MediaState | null;
  /** What the two agree to in a text chat; in a video chat only its `max` counts. */
  readonly steps: Steps;
  /** `none`: in writing alone. `impossible`: this browser has no WebRTC. */
  readonly call: CallPhase | "none" | "impossible";
  /** The way that the call goes, or null while it is not connected. */
  readonly route: Route | null;
  /** Null until a call is connected, and told. */
  readonly quality: Quality | null;
  readonly seal: "sealing" | "sealed" | "compared";
  /** Four numbers below 64 once the chat is sealed, empty before. */
  readonly emoji: readonly number[];
  /** Why the chat is over, or null while it goes on. `broken`: our own connection was lost for too long.
   * `page_left`: we went to another page, and came back to this one. */
  readonly ended: EndReason | SealFault | "broken" | "page_left" | "reported" | null;
  readonly begunAt: number;
  /** When it was over, or null while it goes on. */
  readonly endedAt: number | null;
  /** The reason of our report, if we made one. */
  readonly reported: ReportReason | null;
  readonly trust: Trust;
  /** The reactions that float over the chat, oldest first. */
  readonly reactions: readonly Reaction[];
}

/** A reaction of ours or of the partner's. `number`: unlike any other that is shown. `sign`: into REACTIONS. */
export interface Reaction {
  readonly number: number;
  readonly mine: boolean;
  readonly sign: number;
  readonly at: number;
}

/** The countdown to the next search of this chat (state/auto.ts). */
export interface Auto {
  readonly chat: string;
  /** What was left at `from`. */
  readonly leftMs: number;
  /** Since when it runs, or null while it rests. */
  readonly from: number | null;
  /** The visitor wants to stay. */
  readonly stays: boolean;
}

/** The chat before the current or next one, while we can ask for its partner again. */
export interface Last {
  readonly chat: string;
  readonly mode: Mode;
  /** Our devices as they were in that chat: a camera that was off stays off after an `again`. */
  readonly media: MediaState;
  /** When this is forgotten. */
  readonly until: number;
  /** `asking`: the server has not replied yet. `asked`: it said ok. `gone`: the partner is no longer there. */
  readonly again: "offered" | "asking" | "asked" | "gone";
  readonly refusal: Code | null;
  /** When the server lets us ask again, if it refused. */
  readonly retryAt: number | null;
}

/** The chat that we have left, as it was then, while its partner can still be reported. */
export interface Parted {
  readonly chat: Chat;
  /** When this is forgotten. */
  readonly until: number;
}

/** What keeps us from searching. */
export interface PauseState {
  readonly reason: PauseReason;
  /** The modes that are open even now. */
  readonly open: readonly Mode[];
  readonly whose: Whose;
  /** Its end, or null if it is not known. */
  readonly until: number | null;
}

/** The devices for a video chat. Text alone is a mode of its own. */
export type Bring = "both" | "sound";
/** What the visitor sees. `preparing`: the browser asks for the devices. `device`: it gave none. `gone`: after a panic. */
export type Screen = "landing" | "preparing" | "device" | "searching" | "chat" | "gone";
/** A message that stays on the page until the visitor closes it. */
export type Notice = { readonly code: Code | "report_failed" | "report_late" | "forgiven" | "reopened" | "pause_over" | "yourself" };

/** All that the views show. */
export interface State {
  /** The time of the last event. */
  readonly now: number;
  readonly screen: Screen;
  readonly connection: ConnectionState;
  /** How many visitors are connected, or null while we do not know. */
  readonly online: number | null;
  readonly server: string | null;
  readonly limits: Limits | null;
  /** Whether the server has a relay, so that an address can be hidden. */
  readonly relay: boolean;
  readonly wish: Wish;
  readonly settings: Settings;
  /** False: the visitor wants no picture of a partner's, only the sound. */
  readonly picture: boolean;
  readonly entry: Entry;
  readonly translations: Translations;
  readonly media: Media;
  readonly gear: Gear;
  /** What the visitor brings to a video chat: `sound` leaves the camera off. */
  readonly bring: Bring;
  /** The visitor looks at the own picture before a chat, or beside one. */
  readonly previewing: boolean;
  readonly search: Search | null;
  readonly chat: Chat | null;
  /** The last chat that we left. What still arrives of it is ignored. */
  readonly leftChat: string | null;
  readonly last: Last | null;
  readonly parted: Parted | null;
  readonly pause: PauseState | null;
  /** What a key has asked, and until when the same key says yes. */
  readonly confirm: { readonly what: "stop" | "next"; readonly until: number } | null;
  readonly auto: Auto | null;
  /** The page is in sight: not in a tab behind, not minimised. */
  readonly shown: boolean;
  /** How much happened while it was not. */
  readonly unseen: number;
  readonly notice: Notice | null;
}

/** The state before the first event. */
export const START: State = {
  now: 0,
  screen: "landing",
  connection: { phase: "connecting", retryAt: null, code: null, tries: 0, lostSince: null },
  online: null,
  server: null,
  limits: null,
  relay: false,
  wish: { interests: [], typed: "", languages: [], hide: false },
  settings: SETTINGS,
  picture: true,
  entry: { agreed: false, wanted: null },
  translations: NO_TRANSLATIONS,
  media: NO_MEDIA,
  gear: NO_GEAR,
  bring: "both",
  previewing: false,
  search: null,
  chat: null,
  leftChat: null,
  last: null,
  parted: null,
  pause: null,
  confirm: null,
  auto: null,
  shown: true,
  unseen: 0,
  notice: null,
};
