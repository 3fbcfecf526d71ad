// The interests and languages of a search, made ready for the server.

import { INTEREST_MAX_CHARS } from "./model.ts";

const MARKED = /([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu; // in other scripts a mark makes another letter: パ is not ハ
const BETWEEN = /[,;\n、，；،؛]/u;

/** What became of the words in the field. */
export interface Added {
  readonly interests: readonly string[];
  /** What could not be taken, since it is too long. It stays in the field. */
  readonly left: string;
}

/** Whether the text holds a separator, so that what stands before it is an interest. */
export function hasSeparator(typed: string): boolean {
  return BETWEEN.test(typed);
}

/** The interests plus those typed (split at commas of any script), each once, as it was spelled. */
export function addInterests(have: readonly string[], typed: string, max: number): Added {
  const interests = [...have];
  const left: string[] = [];
  for (const interest of typed.split(BETWEEN).map(tidy)) {
    if (interest === "" || interests.some((each) => fold(each) === fold(interest))) continue;
    if (isTooLong(interest)) left.push(interest);
    else if (interests.length < max) interests.push(interest);
  }
  return { interests, left: left.join(", ") };
}

/** The form in which two spellings are compared here. The server compares in a finer way (docs/matching.md). */
function fold(interest: string): string {
  return interest.normalize("NFD").replace(MARKED, "$1").normalize("NFKC").toLowerCase();
}

function isTooLong(interest: string): boolean {
  return [...fold(interest)].length > INTEREST_MAX_CHARS;
}

function tidy(typed: string): string {
  return typed.replace(/\s+/g, " ").trim().replace(/^#+\s*/, "");
}

/** The primary subtags of the browser's languages, each once: "fr-CA" speaks "fr". */
export function primaryLanguages(tags: readonly string[], max: number): string[] {
  const primary = tags.map((tag) => tag.split("-")[0]?.toLowerCase() ?? "").filter((tag) => /^[a-z]{2,3}$/.test(tag));
  return [...new Set(primary)].slice(0, max);
}
