import { INTEREST_MAX_CHARS } from "./model.ts";

/** Only for finding doubles here: the server compares in its own, finer way. */
function fold(interest: string): string {
  return interest.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** What was typed (commas part several), each once, in the visitor's own spelling, cut to what the server takes. */
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
