// What two pages say to each other: lp(name) lp(value), sealed. The relay cannot have written any of it, but a stranger
// has: whatever is not exactly as expected is null, and null is ignored.

import { fieldsOf, fromUtf8, lp, SealError, utf8, type Bytes } from "./bytes.ts";
import type { RelayEvent } from "./frame.ts";

export const TEXT_MAX_BYTES = 12_000; // sealed and as base64url just under limits.message_bytes
const SDP_MAX_CHARS = 36_000; // limits.signal_bytes is 49,152, a third of it base64url
const CANDIDATE_MAX_CHARS = 512; // real ones are under 250
const MID_MAX_CHARS = 16;
const INDEX_MAX = 0xffff; // an unsigned short, in RTCIceCandidateInit
const COMMIT = /^[A-Za-z0-9_-]{43}$/;

export interface Description {
  readonly type: "offer" | "answer";
  readonly sdp: string;
}

export interface Candidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
}

/** Whether a microphone and a camera are on: what the partner can expect to hear and see. */
export interface MediaState {
  readonly mic: boolean;
  readonly cam: boolean;
}

/** The number expected next in each lane: everything below it has arrived. */
export interface Receipt {
  readonly message: number;
  readonly signal: number;
  /** Something between is missing, or a link broke: send again from there. */
  readonly again: boolean;
}

export interface Values {
  text: string;
  /** The commitment for an `again`. */
  ready: { readonly commit: string | null };
  description: Description;
  candidate: Candidate;
  media: MediaState;
  receipt: Receipt;
}

export type Name = keyof Values;
export type Content = { [N in Name]: { readonly name: N; readonly value: Values[N] } }[Name];

type Unknown = Readonly<Record<string, unknown>>;

function isText(value: unknown, max: number): value is string {
  return typeof value === "string" && value.length <= max;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isTextOrNull(value: unknown, max: number): value is string | null {
  return value === null || isText(value, max);
}

const READERS: { readonly [N in Exclude<Name, "text">]: (value: Unknown) => Values[N] | null } = {
  ready: ({ commit }) => (commit === null || (typeof commit === "string" && COMMIT.test(commit)) ? { commit } : null),
  description: ({ type, sdp }) =>
    (type === "offer" || type === "answer") && isText(sdp, SDP_MAX_CHARS) ? { type, sdp } : null,
  candidate: ({ candidate, sdpMid = null, sdpMLineIndex = null, usernameFragment = null }) =>
    isText(candidate, CANDIDATE_MAX_CHARS) &&
    isTextOrNull(sdpMid, MID_MAX_CHARS) &&
    (sdpMLineIndex === null || (isCount(sdpMLineIndex) && sdpMLineIndex <= INDEX_MAX)) &&
    isTextOrNull(usernameFragment, 256)
      ? { candidate, sdpMid, sdpMLineIndex, usernameFragment }
      : null,
  media: ({ mic, cam }) => (typeof mic === "boolean" && typeof cam === "boolean" ? { mic, cam } : null),
  receipt: ({ message, signal, again }) =>
    isCount(message) && isCount(signal) && typeof again === "boolean" ? { message, signal, again } : null,
};

/** As which event a content of the two travels; null: what only the channel itself says. */
export function eventFor({ name }: Content): RelayEvent | null {
  if (name === "ready" || name === "receipt") return null;
  return name === "text" ? "message" : "signal";
}

export function encodeContent({ name, value }: Content): Bytes {
  return lp(utf8(name), utf8(typeof value === "string" ? value : JSON.stringify(value)));
}

/** Null for what is unknown or unfit. */
export function decodeContent(bytes: Bytes): Content | null {
  try {
    const [name = "", value = ""] = fieldsOf(bytes, 2).map(fromUtf8);
    if (name === "text") return readText(value);
    return Object.hasOwn(READERS, name) ? readJson(name as keyof typeof READERS, value) : null;
  } catch (error) {
    if (error instanceof SealError || error instanceof SyntaxError) return null;
    throw error;
  }
}

function readText(text: string): Content | null {
  return text !== "" && utf8(text).length <= TEXT_MAX_BYTES ? { name: "text", value: text } : null;
}

function readJson(name: keyof typeof READERS, json: string): Content | null {
  const found: unknown = JSON.parse(json);
  if (typeof found !== "object" || found === null || Array.isArray(found)) return null;
  const value = READERS[name](found as Unknown);
  return value === null ? null : ({ name, value } as Content);
}
