// The length of a text. Its limit is in bytes of UTF-8, but people count characters.

import { TEXT_MAX_BYTES } from "./model.ts";

/** How many characters must be removed from the end of a text until it fits; 0 if it fits. */
export function charsOver(text: string): number {
  let bytes = 0;
  let over = 0;
  for (const char of text) {
    bytes += utf8Length(char);
    if (bytes > TEXT_MAX_BYTES) over++;
  }
  return over;
}

function utf8Length(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
