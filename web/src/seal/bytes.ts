// Bytes, length-prefixed fields and base64url: docs/blind-relay.md, "Bytes".

export type Bytes = Uint8Array<ArrayBuffer>;

/** What came breaks the rules of the sealing, so the chat ends. */
export class SealError extends Error {}

export const LENGTH_BYTES = 2; // of the length before a field
const LENGTH_MAX = 0xffff;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Decodes strict UTF-8 and keeps a U+FEFF. Throws SealError if it is anything else. */
export function fromUtf8(bytes: Bytes): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new SealError("not UTF-8");
  }
}

/** The parts one after the other. */
export function join(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The fields, each after its length in 16 bits. Throws RangeError if one is over 65,535 bytes. */
export function lp(...fields: readonly Bytes[]): Bytes {
  return join(...fields.flatMap((field) => [lengthOf(field), field]));
}

function lengthOf({ length }: Bytes): Bytes {
  if (length > LENGTH_MAX) throw new RangeError("a field over 65,535 bytes");
  return new Uint8Array([length >> 8, length & 0xff]);
}

/** The reverse of `lp`: the `count` fields that the bytes consist of. Throws SealError if they are anything else. */
export function fieldsOf(bytes: Bytes, count: number): Bytes[] {
  const fields: Bytes[] = [];
  let at = 0;
  while (fields.length < count) {
    const start = at + LENGTH_BYTES;
    const [high, low] = bytes.subarray(at, start);
    if (high === undefined || low === undefined) throw new SealError("too short");
    at = start + ((high << 8) | low);
    if (at > bytes.length) throw new SealError("too short");
    fields.push(bytes.slice(start, at));
  }
  if (at !== bytes.length) throw new SealError("too long");
  return fields;
}

/** The bytes as base64url without padding. */
export function toBase64url(bytes: Bytes): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Decodes base64url. Throws SealError unless the text is the only valid way to write its bytes. */
export function fromBase64url(text: string): Bytes {
  if (!BASE64URL.test(text) || text.length % 4 === 1) throw new SealError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  if (toBase64url(bytes) !== text) throw new SealError("unused bits are set");
  return bytes;
}

/** Whether the two are equal. It is not in constant time: use it for public values only. */
export function sameBytes(one: Bytes, two: Bytes): boolean {
  return one.length === two.length && one.every((byte, at) => byte === two[at]);
}
