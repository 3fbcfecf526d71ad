// What the page knows. Plain data: no clock, no socket, no DOM. `now` is the time of the last event, in milliseconds.

import type { CallPhase } from "../call/recovery.ts";
import type { DeviceFault } from "../call/devices.ts";
import type { Delivery } from "../channel/terms.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Code, EndReason, Limits, Mode, ReportReason } from "../contract.ts";
import type { MediaState } from "../seal/content.ts";

/** What this browser and this page's address allow. */
export interface Ability {
  readonly secure: boolean;
  readonly calls: boolean;
  /** Without it there is no search: nothing goes to a stranger unsealed. */
  readonly seal: boolean;
}

export type { DeviceFault };

export const TYPING_EXPIRES_MS = 5_000; // one lost "off" must not leave it standing
export const CONFIRM_EXPIRES_MS = 4_000;
export const AGAIN_WINDOW_MS = 120_000; // protocol.md, `again`
export const TEXT_MAX_BYTES = 12_000; // docs/blind-relay.md, `text`
export const INTERESTS_MAX = 10; // until `welcome` tells the server's own limits
export const INTEREST_MAX_CHARS = 32;

export type ConnectionPhase = "connecting" | "up" | "lost" | "outdated";
export interface ConnectionState {
  readonly phase: ConnectionPhase;
  readonly retryAt: number | null;
  readonly code: Code | null;
  /** Attempts that failed since the link was last up. */
  readonly tries: number;
}

export interface Wish {
  readonly interests: readonly string[];
  readonly sameLanguage: boolean;
  readonly hide: boolean;
}

export interface Search {
  readonly mode: Mode;
  readonly since: number;
  readonly widened: boolean;
  /** Asked to drop the interests for this search. */
  readonly anyone: boolean;
  /** When the server lets us ask again, if it refused. */
  readonly retryAt: number | null;
  readonly refusal: Code | null;
}

export interface Text {
  readonly id: string;
  readonly mine: boolean;
  readonly text: string;
  readonly state: "received" | "waiting" | Delivery;
}

export interface Chat {
  readonly id: string;
  readonly mode: Mode;
  readonly common: readonly string[];
  readonly relayOnly: boolean;
  readonly texts: readonly Text[];
  /** Until when the partner may come back, or null while they are here. */
  readonly awayUntil: number | null;
  readonly typingUntil: number | null;
  readonly partnerMedia: MediaState | null;
  readonly call: CallPhase | "none" | "impossible";
  readonly seal: "sealing" | "sealed" | "compared";
  /** Four numbers below 64, once it is sealed. */
  readonly emoji: readonly number[];
  /** `broken`: our own link was away too long. */
  readonly ended: EndReason | SealFault | "broken" | "reported" | null;
  readonly reported: ReportReason | null;
}

/** The chat before the one that is or will be, while its partner can be asked for again. */
export interface Last {
  readonly chat: string;
  readonly mode: Mode;
  /** Our devices as they were in it: whoever had the camera off is not put in the picture by coming back. */
  readonly media: MediaState;
  readonly until: number;
  /** `asking`: the server has not answered yet; `gone`: it has, and they are. */
  readonly again: "offered" | "asking" | "asked" | "gone";
  readonly refusal: Code | null;
  /** When the server lets us ask again, if it refused. */
  readonly retryAt: number | null;
}

export interface Media {
  readonly mic: boolean;
  readonly cam: boolean;
  /** The last fault, shown where it matters; null when all is well. */
  readonly fault: DeviceFault | null;
}

export type Screen = "landing" | "preparing" | "device" | "searching" | "chat";
export type Notice = { readonly code: Code | "report_failed" | "reported" | "camera" };

export interface State {
  readonly now: number;
  readonly screen: Screen;
  readonly connection: ConnectionState;
  readonly online: number | null;
  readonly server: string | null;
  readonly limits: Limits | null;
  readonly wish: Wish;
  readonly media: Media;
  readonly search: Search | null;
  readonly chat: Chat | null;
  /** The chat that we left: what still arrives of it is late. */
  readonly leftChat: string | null;
  readonly last: Last | null;
  /** Until when a second Esc means "next". */
  readonly confirmUntil: number | null;
  readonly unseen: boolean;
  readonly notice: Notice | null;
}

export const NO_MEDIA: Media = { mic: false, cam: false, fault: null };

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
