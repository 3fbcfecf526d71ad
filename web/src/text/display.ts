// How a text is shown. It may hold anything that Unicode has: what can hide, turn or cover other words is taken out of
// the view. The text itself stays as it was written: so it is sealed, kept and compared.

const MARKS_MAX = 4; // on one base: Hebrew with accents and Tibetan mantras have so many
const EXCERPT_CHARS = 1_200; // of a text that is shown in part at first; arbitrary
const EXCERPT_LINES = 25;
const BREAK = /\r\n|[\r\v\f\x85\u2028\u2029]/g; // UAX 14: BK, CR, NL
/** Overrides and embeddings (UAX 9), which turn what they do not enclose; people write with isolates and marks. */
const TURNING = /[\u202a-\u202e]/g;
const MARK = /^[\p{Mn}\p{Me}]$/u;
const IGNORABLE = /^\p{Default_Ignorable_Code_Point}$/u;
/**
 * Signs of which nothing is seen: spaces, controls, fillers, tags, selectors; an empty Braille cell, a null note head, a
 * Khitan filler, the marks of annotations and of objects, Egyptian joiners.
 */
const UNSEEN = /[\s\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffc\u{1d159}\u{16fe4}\u{13430}-\u{1343f}]/u;
const ONLY_UNSEEN = new RegExp(`^${UNSEEN.source}*$`, "u");

/** Whether nothing of the text would be seen. */
export function isBlank(text: string): boolean {
  return ONLY_UNSEEN.test(text);
}

/** The text as it is shown: no overrides, few marks on each letter, one kind of line break, no tower of empty lines. */
export function legible(text: string): string {
  return withoutTowers(withFewMarks(text.replace(TURNING, "").replace(BREAK, "\n")));
}

/** The beginning of a long text, or null if it is short enough to be shown whole. */
export function excerpt(text: string): string | null {
  const lines = text.split("\n", EXCERPT_LINES + 1);
  const few = lines.length > EXCERPT_LINES ? lines.slice(0, EXCERPT_LINES).join("\n") : text;
  if (few.length > EXCERPT_CHARS) return few.slice(0, wholeEnd(few, EXCERPT_CHARS));
  return few === text ? null : few;
}

/** The first `max` UTF-16 units of a text, without half a character at the end. */
export function firstOf(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, wholeEnd(text, max));
}

/** The last place up to `max` that is in no character's middle, and before no mark or joiner. */
function wholeEnd(text: string, max: number): number {
  let end = max;
  while (end > Math.max(0, max - 32) && isWithin(text.slice(end - 1, end + 2))) end--;
  return /[\ud800-\udbff]$/.test(text.slice(0, end)) ? end - 1 : end;
}

/** Whether a cut after the first of these units would part what is shown as one. */
function isWithin(units: string): boolean {
  return /^\u200d|^.[\udc00-\udfff\p{M}\u200d]/su.test(units);
}

function withFewMarks(text: string): string {
  let made = "";
  let marks = 0;
  for (const char of text) {
    if (char < "\u0300") marks = 0;
    else if (MARK.test(char)) marks++;
    else if (!IGNORABLE.test(char)) marks = 0;
    if (marks <= MARKS_MAX || !MARK.test(char)) made += char;
  }
  return made;
}

/** Without empty lines at both ends, and with one for several. */
function withoutTowers(text: string): string {
  if (!text.includes("\n")) return text;
  const lines = text.split("\n");
  const kept = lines.filter((line, at) => !isBlank(line) || !isBlank(lines[at - 1] ?? ""));
  return (kept.length > 0 && isBlank(kept.at(-1) ?? "") ? kept.slice(0, -1) : kept).join("\n");
}
