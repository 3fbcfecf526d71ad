// The links in a text that is shown. A link is never one to press: it is words, and a button that copies it.

import { ENDS } from "./contacts.ts";

const LINKS_MAX = 5; // of one text, with a button each
const SHORT_CHARS = 28; // of a link on its button
const SCHEME = /https?:\/\//i;
const OPENING = /^[\p{Ps}\p{Pi}"'<]+/u;
const CLOSING = /[\p{Pe}\p{Pf}"'>.,;:!?…]/u;
const MAIL = /^[^@\s]+@[\w-]+(?:\.[\w-]+)+$/;
const HOST = /^[\w-]+(?:\.[\w-]+)*\.([a-z]{2,})(?::\d+)?([/?#].*)?$/i;
const UNSEEN = /\p{Default_Ignorable_Code_Point}|\p{Cc}/gu;

/** The links of the text, each once, as they are to be copied: without signs that are not seen. Time grows with length alone. */
export function linksOf(text: string): readonly string[] {
  const links = new Set<string>();
  for (const word of text.split(/\s+/)) {
    const link = linkIn(word.replace(UNSEEN, ""));
    if (link !== null) links.add(link);
    if (links.size === LINKS_MAX) break;
  }
  return [...links];
}

/** The link, short enough for a button: its host, and what fits of the rest. */
export function shortLink(link: string): string {
  const bare = link.replace(/^https?:\/\/(?:www\.)?/i, "");
  const chars = [...bare];
  return chars.length <= SHORT_CHARS ? bare : `${chars.slice(0, SHORT_CHARS - 1).join("")}…`;
}

function linkIn(word: string): string | null {
  const at = word.search(SCHEME);
  const bare = withoutEnd(at < 0 ? word.replace(OPENING, "") : word.slice(at));
  return isLink(bare) ? bare : null;
}

/** The word without the marks that close a sentence or a bracket. */
function withoutEnd(word: string): string {
  let end = word.length;
  while (end > 0 && CLOSING.test(word.charAt(end - 1))) end--;
  return word.slice(0, end);
}

function isLink(word: string): boolean {
  if (SCHEME.test(word)) return /^https?:\/\/./i.test(word);
  if (/^www\.[^.]/i.test(word) || MAIL.test(word)) return true;
  const [, end = "", path] = HOST.exec(word) ?? [];
  return ENDS.has(end.toLowerCase()) || (end.length === 2 && path?.startsWith("/") === true);
}
