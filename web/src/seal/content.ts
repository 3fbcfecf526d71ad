// Contents: what two pages say to each other, sealed as lp(name) lp(value) (docs/blind-relay.md, "Bytes"). The relay
// cannot write one, but the stranger can write anything: what does not fit exactly is read as null and ignored.

import { fieldsOf, fromUtf8, lp, SealError, utf8, type Bytes } from "./bytes.ts";
import type { RelayEvent } from "./frame.ts";

export const TEXT_MAX_BYTES = 12_000; // once sealed and in base64url this is just under limits.message_bytes
const SDP_MAX_CHARS = 36_000; // limits.signal_bytes is 49,152, of which base64url leaves three quarters
const CANDIDATE_MAX_CHARS = 512; // real ones are under 250
const MID_MAX_CHARS = 16;
const INDEX_MAX = 0xffff; // RTCIceCandidateInit has an unsigned short
const REACTION_MAX = 5; // six signs; a newer program may know more, which are ignored here
const COMMIT = /^[A-Za-z0-9_-]{43}$/;

/** A session description of the call. */
export interface Description {
  readonly type: "offer" | "answer";
  readonly sdp: string;
}

/** An ICE candidate of the call, with the fields of RTCIceCandidateInit. */
export interface Candidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
}

/** Whether the sender's microphone and camera are on. */
export interface MediaState {
  readonly mic: boolean;
  readonly cam: boolean;
}

/** For each lane the number expected next: everything below it has arrived. */
export interface Receipt {
  readonly message: number;
  readonly signal: number;
  /** Please send again from these numbers: one is missing, or a connection broke. */
  readonly again: boolean;
}

/** The value of each name of a content. */
export interface Values {
  text: string;
  /** The sender's commitment for an `again`. */
  ready: { readonly commit: string | null };
  description: Description;
  candidate: Candidate;
  media: MediaState;
  /** What the sender agrees to in a text chat: 0 text alone, 1 sound, 2 sound and video. */
  step: { readonly open: 0 | 1 | 2 };
  /** A sign that floats over the chat, by its number (state/reactions.ts). */
  reaction: { readonly sign: number };
  receipt: Receipt;
}

export type Name = keyof Values;
/** A name with its value. */
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

/** The value with its known fields only, or null if one does not fit. */
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
  step: ({ open }) => (open === 0 || open === 1 || open === 2 ? { open } : null),
  reaction: ({ sign }) => (isCount(sign) && sign <= REACTION_MAX ? { sign } : null),
  receipt: ({ message, signal, again }) =>
    isCount(message) && isCount(signal) && typeof again === "boolean" ? { message, signal, again } : null,
};

/** The event that carries this content, or null if only the channel itself may send it. */
export function eventFor({ name }: Content): RelayEvent | null {
  if (name === "ready" || name === "receipt") return null;
  return name === "text" ? "message" : "signal";
}

/** The content as bytes, ready to be sealed. */
export function encodeContent({ name, value }: Content): Bytes {
  return lp(utf8(name), utf8(typeof value === "string" ? value : JSON.stringify(value)));
}

/** The content of opened bytes, or null if its name is unknown or its value does not fit. */
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
