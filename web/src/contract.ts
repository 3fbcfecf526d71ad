// Made from src/omefree/contract by `make contract`: edit that, not this.

export const PROTOCOL_VERSION = 1;
export const LANGUAGES_MAX = 5;

export type Code =
  | "version"
  | "bad_args"
  | "bad_criteria"
  | "too_big"
  | "unknown_event"
  | "chat_over"
  | "partner_away"
  | "rate_limited"
  | "paused"
  | "no_turn"
  | "full"
  | "draining"
  | "origin"
  | "slow"
  | "internal";

export type Mode =
  | "video"
  | "text";

export type EndReason =
  | "left"
  | "skipped"
  | "lost"
  | "moderated"
  | "drained";

export type ReportReason =
  | "nudity"
  | "minor"
  | "hate"
  | "violence"
  | "spam"
  | "other";

export type PartnerState =
  | "away"
  | "back";

export type PauseReason =
  | "nudity"
  | "minor"
  | "hate"
  | "violence"
  | "spam"
  | "other"
  | "mixed"
  | "blocked"
  | "frozen";

export type Whose =
  | "visit"
  | "address"
  | "server";

export type Step =
  | 0
  | 1
  | 2;

export interface Quota {
  readonly rate_s: number;
  readonly burst: number;
}

export interface Limits {
  readonly interests: number;
  readonly interest_chars: number;
  readonly languages: number;
  readonly signal_bytes: number;
  readonly message_bytes: number;
  readonly resume_window_s: number;
  readonly quotas: Readonly<Record<"again" | "find" | "ice" | "malformed" | "message" | "poll" | "report" | "signal" | "typing", Quota>>;
  readonly pause_max_s: number;
  readonly resume_window_chat_s: number;
}

export interface Seal {
  readonly v: number;
  readonly commit: string;
}

export interface Criteria {
  readonly mode: Mode;
  readonly interests?: readonly string[];
  readonly languages?: readonly string[];
  readonly patience_s?: number | null;
  readonly hide?: boolean;
  readonly seal?: Seal | null;
  readonly from?: string | null;
}

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string | null;
  readonly credential?: string | null;
}

export interface Auth {
  readonly v?: number;
  readonly resume?: string | null;
}

export interface Ok {
  readonly ok: true;
}

export interface IceOk {
  readonly ice_servers: readonly IceServer[];
  readonly ok: true;
}

export interface Pause {
  readonly retry_after_s?: number | null;
  readonly reason: PauseReason;
  readonly open: readonly Mode[];
  readonly whose: Whose;
}

export interface Refusal {
  readonly ok: false;
  readonly code: Code;
  readonly message: string;
  readonly retry_after_s?: number | null;
  readonly field?: string | null;
  readonly reason?: PauseReason | null;
  readonly open?: readonly Mode[] | null;
  readonly whose?: Whose | null;
}

export interface Resumed {
  readonly state: "chatting" | "idle" | "searching";
  readonly chat?: string | null;
  readonly partner?: "away" | "here" | null;
}

export interface WelcomeArgs {
  readonly v: number;
  readonly server: string;
  readonly online: number;
  readonly ice_servers: readonly IceServer[];
  readonly limits: Limits;
  readonly resume: string;
  readonly resumed: Resumed | null;
  readonly paused?: Pause;
  readonly relay: boolean;
}

export interface SearchingArgs {
  readonly since_s: number;
  readonly widened: boolean;
}

export interface MatchedArgs {
  readonly chat: string;
  readonly polite: boolean;
  readonly mode: Mode;
  readonly common: readonly string[];
  readonly languages: readonly string[];
  readonly relay_only: boolean;
  readonly ice_servers: readonly IceServer[];
  readonly seal: Seal | null;
  readonly step_max: Step;
}

export interface MovingArgs {
  readonly after_s: number;
}

export interface FailedArgs {
  readonly event: string | null;
  readonly chat: string | null;
  readonly code: Code;
  readonly message: string;
  readonly retry_after_s?: number | null;
  readonly field?: string | null;
  readonly reason?: PauseReason | null;
  readonly open?: readonly Mode[] | null;
  readonly whose?: Whose | null;
  readonly closes?: boolean;
}

export interface ConnectErrorData {
  readonly code: Code;
  readonly speaks?: readonly number[] | null;
  readonly retry_after_s?: number | null;
  readonly reason?: PauseReason | null;
  readonly open?: readonly Mode[] | null;
  readonly whose?: Whose | null;
}

export interface VisitorEvents {
  find: (criteria: Criteria, ack: (reply: Ok | Refusal) => void) => void;
  leave: (chat: string | null, ack: (reply: Ok | Refusal) => void) => void;
  typing: (chat: string, on: boolean, ack: (reply: Ok | Refusal) => void) => void;
  report: (chat: string, reason: ReportReason, ack: (reply: Ok | Refusal) => void) => void;
  again: (chat: string, ack: (reply: Ok | Refusal) => void) => void;
  ice: (ack: (reply: IceOk | Refusal) => void) => void;
  signal: (chat: string, data: string, ack: (reply: Ok | Refusal) => void) => void;
  message: (chat: string, data: string, ack: (reply: Ok | Refusal) => void) => void;
}

export interface ServerEvents {
  welcome: (args: WelcomeArgs) => void;
  online: (count: number) => void;
  searching: (args: SearchingArgs) => void;
  matched: (args: MatchedArgs) => void;
  signal: (chat: string, data: string) => void;
  message: (chat: string, data: string) => void;
  typing: (chat: string, on: boolean) => void;
  partner: (chat: string, state: PartnerState) => void;
  ended: (chat: string, reason: EndReason) => void;
  moving: (args: MovingArgs) => void;
  paused: (pause: Pause | null) => void;
  failed: (args: FailedArgs) => void;
}
