// The state of the page, as plain data: no clock, no connection, no DOM. All times are milliseconds since the epoch,
// given by the events.

import type { CallPhase } from "../call/recovery.ts";
import type { DeviceFault } from "../call/devices.ts";
import type { Delivery } from "../channel/terms.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Code, EndReason, Limits, Mode, ReportReason } from "../contract.ts";
import type { MediaState } from "../seal/content.ts";

/** What this browser allows, at the address that the page came from. */
export interface Ability {
  /** The page came over https or from localhost. */
  readonly secure: boolean;
  readonly calls: boolean;
  /** Without it no search is possible, since nothing goes to a stranger unsealed. */
  readonly seal: boolean;
}

export type { DeviceFault };

export const TYPING_EXPIRES_MS = 5_000; // so that a lost "off" does not leave it on the screen
export const CONFIRM_EXPIRES_MS = 4_000; // how long a first Esc waits for the second
export const AGAIN_WINDOW_MS = 120_000; // protocol.md, `again`
export const TEXT_MAX_BYTES = 12_000; // docs/blind-relay.md, `text`
export const INTERESTS_MAX = 10; // until `welcome` tells the server's limits
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
}

/** What a search asks for. `hide`: our address, by a relay. */
export interface Wish {
  readonly interests: readonly string[];
  readonly sameLanguage: boolean;
  readonly hide: boolean;
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
  readonly text: string;
  readonly state: "received" | "waiting" | Delivery;
}

/** The current chat, also when it is over but still shown. */
export interface Chat {
  readonly id: string;
  readonly mode: Mode;
  readonly common: readonly string[];
  readonly relayOnly: boolean;
  readonly texts: readonly Text[];
  /** Until when the partner may come back, or null while the partner is here. */
  readonly awayUntil: number | null;
  readonly typingUntil: number | null;
  /** Null until the partner has told. */
  readonly partnerMedia: MediaState | null;
  /** `none`: a text chat. `impossible`: this browser has no WebRTC. */
  readonly call: CallPhase | "none" | "impossible";
  readonly seal: "sealing" | "sealed" | "compared";
  /** Four numbers below 64 once the chat is sealed, empty before. */
  readonly emoji: readonly number[];
  /** Why the chat is over, or null while it goes on. `broken`: our own connection was lost for too long. */
  readonly ended: EndReason | SealFault | "broken" | "reported" | null;
  /** The reason of our report, if we made one. */
  readonly reported: ReportReason | null;
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

/** Our devices. */
export interface Media {
  readonly mic: boolean;
  readonly cam: boolean;
  /** The last fault, for the page to show; null when all is well. */
  readonly fault: DeviceFault | null;
}

/** What the visitor sees. `preparing`: the browser asks for the devices. `device`: it gave none. */
export type Screen = "landing" | "preparing" | "device" | "searching" | "chat";
/** A message that stays on the page until the visitor closes it. */
export type Notice = { readonly code: Code | "report_failed" | "reported" | "camera" };

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
  readonly wish: Wish;
  readonly media: Media;
  readonly search: Search | null;
  readonly chat: Chat | null;
  /** The last chat that we left. What still arrives of it is ignored. */
  readonly leftChat: string | null;
  readonly last: Last | null;
  /** Until when a second Esc means "next"; null: the next Esc is a first one. */
  readonly confirmUntil: number | null;
  /** Something happened while the page was hidden. */
  readonly unseen: boolean;
  readonly notice: Notice | null;
}

export const NO_MEDIA: Media = { mic: false, cam: false, fault: null };

/** The state before the first event. */
export const START: State = {
  now: 0,
  screen: "landing",
  connection: { phase: "connecting", retryAt: null, code: null, tries: 0 },
  online: null,
  server: null,
  limits: null,
  wish: { interests: [], sameLanguage: false, hide: false },
  media: NO_MEDIA,
  search: null,
  chat: null,
  leftChat: null,
  last: null,
  confirmUntil: null,
  unseen: false,
  notice: null,
};
