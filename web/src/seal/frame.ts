// Frames, docs/blind-relay.md, "Bytes": u8 version, u8 kind, u64 n, lp(body). In base64url a frame is the `data` of a
// `signal` or a `message`.

import { SEAL_VERSION } from "./ability.ts";
import { fieldsOf, fromBase64url, join, LENGTH_BYTES, lp, SealError, toBase64url, type Bytes } from "./bytes.ts";

const KINDS = ["hello", "message", "signal", "receipt"] as const;
const HEAD_BYTES = 10;
const TAG_BYTES = 16;

export type FrameKind = (typeof KINDS)[number];
/** A numbered series of frames: all kinds but the hello. */
export type Lane = Exclude<FrameKind, "hello">;
/** The two events of docs/protocol.md that pass data to the partner. */
export type RelayEvent = "message" | "signal";

/** `n` is the number in the lane of its kind, 0 for a hello. The body is sealed, but for a hello. */
export interface Frame {
  readonly kind: FrameKind;
  readonly n: number;
  readonly body: Bytes;
}

/** The event that carries frames of this kind. */
export function eventOf(kind: FrameKind): RelayEvent {
  return kind === "message" ? "message" : "signal";
}

/** The frame as base64url. */
export function encodeFrame({ kind, n, body }: Frame): string {
  const head = new Uint8Array(HEAD_BYTES);
  head.set([SEAL_VERSION, KINDS.indexOf(kind)]);
  new DataView(head.buffer).setBigUint64(2, BigInt(n));
  return toBase64url(join(head, lp(body)));
}

/**
 * Decodes a frame. Throws SealError if it is none. A number over 2^53 - 1 becomes 2^53 - 1, which no chat reaches, so
 * it is merely too far away.
 */
export function decodeFrame(data: string): Frame {
  const bytes = fromBase64url(data);
  const [version, code = KINDS.length] = bytes;
  const kind = KINDS[code];
  if (bytes.length < HEAD_BYTES || version !== SEAL_VERSION || kind === undefined) throw new SealError("no frame");
  const n = Number(new DataView(bytes.buffer).getBigUint64(2));
  const [body = new Uint8Array()] = fieldsOf(bytes.slice(HEAD_BYTES), 1);
  if (kind === "hello" && n !== 0) throw new SealError("a hello has no number");
  return { kind, n: Math.min(n, Number.MAX_SAFE_INTEGER), body };
}

/** The length of `data`, in characters, for a content of so many bytes. */
export function sealedLength(bytes: number): number {
  return Math.ceil(((HEAD_BYTES + LENGTH_BYTES + bytes + TAG_BYTES) * 4) / 3);
}
