// What two pages say to each other, as it travels in `data` of `message` and `signal`. Everything decoded here was
// written by a stranger: whatever is not exactly as expected is null, and null is ignored.

export const ENVELOPE_VERSION = 1;
export const TEXT_MAX_CHARS = 4000; // what is shown of a partner's text; our own input stops at 2,000
const SDP_MAX_CHARS = 40_000; // limits.signal_bytes is 49,152, less the envelope and JSON's escapes
const CANDIDATE_MAX_CHARS = 512; // real ones are under 250
const MID_MAX_CHARS = 16;

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

/** The number of the next item expected in each lane: everything below it has arrived. */
export interface Receipt {
  readonly message: number;
  readonly signal: number;
  /** Something between is missing, or a link broke: send again from there. */
  readonly again: boolean;
}

export interface Bodies {
  text: { readonly text: string };
  description: Description;
  candidate: Candidate;
  media: MediaState;
  receipt: Receipt;
  /** Stands in for an item that the server refused for good, so that the lane has no gap. */
  void: Record<string, never>;
}

export type Kind = keyof Bodies;
export type Content = { [K in Kind]: { readonly kind: K; readonly body: Bodies[K] } }[Kind];
/** `n` numbers the items of a lane from 0; a receipt is in no lane and has none. */
export type Envelope = Content & { readonly n: number | null };

type Unknown = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, max: number): value is string {
  return typeof value === "string" && value.length <= max;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isTextOrNull(value: unknown, max: number): value is string | null {
  return value === null || isText(value, max);
}

const READERS: { readonly [K in Kind]: (body: Unknown) => Bodies[K] | null } = {
  text: ({ text }) => (isText(text, TEXT_MAX_CHARS) && text.trim() !== "" ? { text } : null),
  description: ({ type, sdp }) =>
    (type === "offer" || type === "answer") && isText(sdp, SDP_MAX_CHARS) ? { type, sdp } : null,
  candidate: ({ candidate, sdpMid = null, sdpMLineIndex = null, usernameFragment = null }) =>
    isText(candidate, CANDIDATE_MAX_CHARS) &&
    isTextOrNull(sdpMid, MID_MAX_CHARS) &&
    (sdpMLineIndex === null || isCount(sdpMLineIndex)) &&
    isTextOrNull(usernameFragment, 256)
      ? { candidate, sdpMid, sdpMLineIndex, usernameFragment }
      : null,
  media: ({ mic, cam }) => (typeof mic === "boolean" && typeof cam === "boolean" ? { mic, cam } : null),
  receipt: ({ message, signal, again }) =>
    isCount(message) && isCount(signal) && typeof again === "boolean" ? { message, signal, again } : null,
  void: () => ({}),
};

function isKind(kind: unknown): kind is Kind {
  return typeof kind === "string" && Object.hasOwn(READERS, kind);
}

export function encodeEnvelope({ kind, body, n }: Envelope): string {
  return JSON.stringify(n === null ? { v: ENVELOPE_VERSION, kind, body } : { v: ENVELOPE_VERSION, n, kind, body });
}

/** Null for what is broken or of another version. An unknown kind keeps its number, as void: the lane goes on. */
export function decodeEnvelope(data: string): Envelope | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(value) || value["v"] !== ENVELOPE_VERSION) return null;
  const { kind, body, n = null } = value;
  if (n !== null && !isCount(n)) return null;
  const content = isKind(kind) && isObject(body) ? readContent(kind, body) : null;
  if (content !== null) return { ...content, n };
  return n === null ? null : { kind: "void", body: {}, n };
}

function readContent(kind: Kind, body: Unknown): Content | null {
  const read = READERS[kind](body);
  return read === null ? null : ({ kind, body: read } as Content);
}
