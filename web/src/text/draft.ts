// What may stand in the field for a text. A limit in bytes is for the channel; people see characters.

import { firstOf } from "./display.ts";

/** In UTF-16 units: no text that can be sent has more (docs/blind-relay.md, `text`). A field with 2 MB blocks a page. */
export const DRAFT_MAX_CHARS = 12_000;
const NEAR_BYTES = 600; // from the limit, so that the rest is told; arbitrary

/** What goes into a field instead of something too long, and how many characters of that are left out. */
export interface Cut {
  readonly text: string;
  readonly left: number;
}

/** `given` as it fits into a field that has `length` units already; null if it fits whole. */
export function cutToFit(given: string, length: number): Cut | null {
  const room = Math.max(0, DRAFT_MAX_CHARS - length);
  if (given.length <= room) return null;
  const text = firstOf(given, room);
  return { text, left: given.length - text.length };
}

/** About how many characters still fit, by those that are there; null while that is far away. */
export function charsLeft(text: string, maxBytes: number): number | null {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > maxBytes || maxBytes - bytes > NEAR_BYTES) return null;
  return Math.floor(((maxBytes - bytes) * text.length) / bytes);
}
