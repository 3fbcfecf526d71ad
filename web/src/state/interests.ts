// The interests and languages of a search, made ready for the server.

import { INTEREST_MAX_CHARS } from "./model.ts";

/** The form in which two spellings are compared here. The server compares in a finer way (docs/matching.md). */
function fold(interest: string): string {
  return interest.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The interests plus those typed (split at commas), each once, as it was spelled, cut to what the server takes. */
export function addInterests(have: readonly string[], typed: string, max: number): readonly string[] {
  const interests = [...have];
  for (const part of typed.split(/[,;\n]/)) {
    const interest = tidy(part);
    if (interest === "" || interests.length >= max) continue;
    if (!interests.some((each) => fold(each) === fold(interest))) interests.push(interest);
  }
  return interests;
}

function tidy(typed: string): string {
  const words = typed.replace(/\s+/g, " ").trim().replace(/^#+\s*/, "");
  return [...words].slice(0, INTEREST_MAX_CHARS).join("").trim();
}

/** The primary subtags of the browser's languages, each once: "fr-CA" speaks "fr". */
export function primaryLanguages(tags: readonly string[], max: number): string[] {
  const primary = tags.map((tag) => tag.split("-")[0]?.toLowerCase() ?? "").filter((tag) => /^[a-z]{2,3}$/.test(tag));
  return [...new Set(primary)].slice(0, max);
}
