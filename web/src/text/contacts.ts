// Whether a text holds a link or a contact: an address, a handle of another service, a mail address, a long number.
// Such a text of a stranger's is folded, never deleted. The rules are those of `src/omefree/guard/contacts.py`: both
// pass `tests/vectors/folds.json`. A wrong fold costs one tap, a missed one nothing but the fold.
//
// The text is made plain, cut into tokens, and each token looks at a few neighbours: time grows with the length alone.

import { CONFUSABLES, UNSEEN, ZEROS } from "./confusables.ts";

const DIGITS_MIN = 7; // the shortest telephone numbers
const HANDLE_CHARS_MIN = 3;
const NAME_CHARS_MIN = 5; // of a name that no digit, mark or colon shows to be one
const SPELLED_CHARS_MIN = 4; // of single letters with spaces between, until they are one word
const NEAR_TOKENS = 12; // how far from the name of a service its handle may stand
const BREAKS_MAX = 4; // marks and spaces between two parts of one number
const YEAR_MIN = 1800;
const YEAR_MAX = 2100;
const RIGHT_TO_LEFT = "\u202e"; // after it letters are shown in the opposite order

const words = (listed: string): ReadonlySet<string> => new Set(listed.split(" "));
const WORD_CHARS: ReadonlySet<string> = new Set("abcdefghijklmnopqrstuvwxyz0123456789_");
const DIGITS: ReadonlySet<string> = new Set("0123456789");
const SPACES: ReadonlySet<string> = new Set("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\u1680\u2028\u2029");
const BETWEEN_DIGITS: ReadonlySet<string> = new Set(" -./()+*,");
const BRACKETS: ReadonlyMap<string, string> = new Map([["(", ")"], ["[", "]"], ["{", "}"], ["<", ">"]]);
const MARK = /^\p{Mn}$/u;
const SCHEMES = words("http https hxxp hxxps");
const DOTS = words("d0t dot point");
const ATS = words("arobas arobase at");
// Ends of host names. SURE: no word of English or French, so they count after the dot of a sentence, too.
const SURE = words("biz com io onion org xyz");
const SPELLED = words("biz com fr gg info io net onion org ru tv uk xyz");
export const ENDS = words(
  "app biz br cam cc cf ch chat club cn co com cz dating dev dk ee eu fr ga gg gl gq ie info ink io jp kr link live " +
  "ly ml mobi net nl onion online org page pl pro pt pub ru sex sexy shop site store tech tk top tube tv uk vip " +
  "website wiki ws xxx xyz",
);
const HOSTS = words(
  "bit.ly cutt.ly discord.gg fb.me goo.gl instagr.am is.gd kik.me linktr.ee lnkd.in m.me ow.ly paypal.me rb.gy t.co " +
  "t.me telegram.me v.gd wa.me youtu.be",
);
const SERVICES = words(
  "discord facebook fansly fb ig insta instagram kik onlyfan onlyfans signal skype snap snapchat snapp telegram " +
  "telegramm tg threema tiktok viber watsapp wattsapp wechat whatapp whatsap whatsapp",
);
// "The signal is wonderful" is no handle.
const ALSO_WORDS = words("signal");
const IS = words("account compte contact es est handle id is name nick nom pseudo user username");
const FILLERS = words(
  "account add ajoute at c ce cest compte contact es est handle here ici id is it its la le ma me moi mon my name " +
  "nick nom on pseudo s sur the user username",
);
const ADDS = words("add ajoute ajoutez contact contacte dm ecris find follow message rajoute text write");
const ONS = words("in on sur via");
const NO_NAMES = words("eux everybody friends her him lui monde people quelqu somebody someone them tout un you");
const ORDINARY = words(
  "about actually again always annoying aussi autre awesome banned better blocked bloque bloquee boring broken " +
  "casse chiant coupe crazy different down empty encore enough faible funny great horrible inutile jamais mauvais " +
  "mieux moche moins never nulle often overrated parfait parfois perdu plein plutot pretty private prive privee " +
  "probably public quite rarement really safer slower souvent still stupid super terrible there think today tombe " +
  "toujours useless usually vraiment weird what where which worse",
);
const NUMBER_WORDS = words("cinq deux eight five four huit neuf nine one quatre sept seven six three trois two un zero");

/** Whether the text holds a link or a contact. It may be anything. */
export function folds(text: string): boolean {
  return showsContact(plain(text)) || (text.includes(RIGHT_TO_LEFT) && showsContact(plain([...text].reverse().join(""))));
}

/** Whether a plain text holds a contact, also one whose letters stand apart. */
function showsContact(seen: string): boolean {
  const joined = closedUp(seen);
  return holdsContact(tokens(seen)) || (joined !== seen && holdsContact(tokens(joined)));
}

/**
 * The text as an eye reads it: without what is not seen, in Latin small letters and our digits where it can be. Each
 * character is normalised alone: to order a long row of marks takes more than linear time.
 */
export function plain(text: string): string {
  let made = "";
  for (const char of text) made += char < "\x80" ? char : [...char.normalize("NFKD")].map(asSeen).join("");
  return made.toLowerCase();
}

/** What one character looks like; nothing for a mark on another, and for what is not seen. */
function asSeen(char: string): string {
  const alike = CONFUSABLES[char] ?? CONFUSABLES[char.toLowerCase()];
  if (alike !== undefined) return alike;
  const code = char.codePointAt(0) ?? 0;
  if (UNSEEN.some(([first, last]) => first <= code && code <= last) || MARK.test(char)) return "";
  const zero = ZEROS.find((each) => each <= code && code < each + 10);
  return zero === undefined ? char : String(code - zero);
}

/** The text in which `t . m e` is `t.me`: runs of single characters with spaces between are one word. */
function closedUp(text: string): string {
  const made: string[] = [];
  let run: string[] = [];
  const chunks = [...text].map((char) => (SPACES.has(char) ? " " : char)).join("").split(" ");
  for (const chunk of [...chunks, null]) {
    if (chunk !== null && chunk !== "" && [...chunk.slice(0, 3)].length === 1 && chunk.length <= 2) {
      run.push(chunk);
      continue;
    }
    if (run.length >= SPELLED_CHARS_MIN) made.push(run.join(""));
    else made.push(...run);
    run = [];
    if (chunk !== null) made.push(chunk);
  }
  return made.join(" ");
}

/** Words, single other characters, and one space for several. `(dot)` and `[.]` are `(.)`, `(at)` is `(@)`. */
export function tokens(text: string): string[] {
  const made: string[] = [];
  let word = "";
  for (const char of text) {
    if (WORD_CHARS.has(char)) {
      word += char;
      continue;
    }
    if (word !== "") made.push(word);
    word = "";
    if (!SPACES.has(char)) {
      made.push(char);
      bracketed(made);
    } else if (made.length > 0 && made.at(-1) !== " ") made.push(" ");
  }
  if (word !== "") made.push(word);
  return made;
}

/** If the tokens end with a dot or an at in brackets, makes them one token. */
function bracketed(made: string[]): void {
  const [opening = "", sign = ""] = made.slice(-5, -1).filter((each) => each !== " ").slice(-2);
  if (sign === "" || BRACKETS.get(opening) !== made.at(-1)) return;
  const whole = sign === "." || DOTS.has(sign) ? "(.)" : sign === "@" || ATS.has(sign) ? "(@)" : null;
  if (whole === null) return;
  while (made.pop() !== opening);
  made.push(whole);
}

/** Whether these tokens hold a link or a contact. */
export function holdsContact(said: readonly string[]): boolean {
  for (let at = 0; at < said.length; at++) if (isContactAt(said, at)) return true;
  return holdsNumber(said);
}

/** Whether the token at this place is the middle of one. */
function isContactAt(said: readonly string[], at: number): boolean {
  const token = said[at] ?? "";
  if (SCHEMES.has(token)) return near(said, at, 1) === ":";
  if (token === "www") return isDot(near(said, at, 1));
  if (isDot(token)) return isHost(said, at, token);
  if (token === "@" || token === "(@)" || token === "arobase") return isAt(said, at, token);
  if (token === ":") return said[at + 1] === "/" && said[at + 2] === "/";
  return SERVICES.has(token) && (hasHandleAfter(said, at, token) || hasHandleBefore(said, at));
}

/** The next token this way, but for a space; empty at the end. */
function near(said: readonly string[], at: number, way: 1 | -1): string {
  const next = said[at + way] ?? "";
  return next === " " ? (said[at + 2 * way] ?? "") : next;
}

function isDot(token: string): boolean {
  return token === "." || token === "(.)" || DOTS.has(token);
}

/** Whether the token is a word or a number. */
function isWord(token: string): boolean {
  return WORD_CHARS.has(token.charAt(0));
}

/** Whether this dot stands within a host name, however it is written. */
function isHost(said: readonly string[], at: number, dot: string): boolean {
  const label = near(said, at, -1);
  const end = near(said, at, 1);
  if (!isWord(label) || !isWord(end)) return false;
  if (HOSTS.has(`${label}.${end}`)) return true;
  if (dot === "(.)") return ENDS.has(end) || (end.length === 2 && !DIGITS.has(end.charAt(0)));
  if (DOTS.has(dot) || said[at - 1] === " ") return SPELLED.has(end);
  if (said[at + 1] === " ") return SURE.has(end);
  return ENDS.has(end) || (end.length === 2 && ![...end].some((char) => DIGITS.has(char)) && hasPath(said, at + 2));
}

/** Whether a path follows, as in `example.me/name`. */
function hasPath(said: readonly string[], at: number): boolean {
  return said[at] === "/" && isWord(said[at + 1] ?? "");
}

/** Whether this is the at of a mail address or of a handle; `@ home` and `@5pm` are none. */
function isAt(said: readonly string[], at: number, sign: string): boolean {
  if (sign !== "@") return isWord(near(said, at, -1)) && isWord(near(said, at, 1));
  const name = said[at + 1] ?? "";
  if (!isWord(name) || DIGITS.has(name.charAt(0))) return false;
  return name.length >= HANDLE_CHARS_MIN || isWord(said[at - 1] ?? "");
}

/** Whether a handle follows the name of a service: `snap: anna`, `my snap is lovelyanna`, `kik bob_92`. */
function hasHandleAfter(said: readonly string[], at: number, service: string): boolean {
  let told = false;
  let signed = false;
  for (const token of said.slice(at + 1, at + 1 + NEAR_TOKENS)) {
    if (token === " " || token === "'" || token === "-") continue;
    if (token === ":" || token === "=" || token === ">") signed = true;
    else if (!isWord(token)) return false;
    else if (FILLERS.has(token)) told ||= IS.has(token);
    else return isName(token, signed, told && !ALSO_WORDS.has(service));
  }
  return false;
}

/** Whether a word is somebody's name on a service. `signed`: after a colon. `told`: after "is". */
function isName(word: string, signed: boolean, told: boolean): boolean {
  if (looksMade(word) || (signed && word.length >= HANDLE_CHARS_MIN && !isDigits(word))) return true;
  return told && word.length >= NAME_CHARS_MIN && !ORDINARY.has(word) && !isDigits(word);
}

/** Whether a word is one such as `bob92` or `anna_b`: no one writes so but for a name. */
function looksMade(word: string): boolean {
  const digits = [...word].some((char) => DIGITS.has(char));
  return word.length >= HANDLE_CHARS_MIN && !isDigits(word) && (digits || word.includes("_"));
}

/** Whether this is the end of `add lovelyanna on snap` or `bob92 on telegram`. */
function hasHandleBefore(said: readonly string[], at: number): boolean {
  const before = said.slice(Math.max(0, at - NEAR_TOKENS), at).filter((token) => token !== " ").slice(-3);
  const name = before.at(-2);
  if (name === undefined || !ONS.has(before.at(-1) ?? "")) return false;
  if (!isWord(name) || FILLERS.has(name) || NO_NAMES.has(name)) return false;
  return looksMade(name) || (before.length === 3 && ADDS.has(before[0] ?? "") && name.length >= HANDLE_CHARS_MIN);
}

// --- numbers

/** Whether a word is of digits, perhaps with low lines between. */
function isDigits(word: string): boolean {
  return [...word].every((char) => DIGITS.has(char) || char === "_");
}

/** Whether seven digits or more stand together, with spaces or marks between, also in other words or scripts. */
function holdsNumber(said: readonly string[]): boolean {
  let groups: string[] = [];
  let breaks = 0;
  for (const token of said) {
    if (BETWEEN_DIGITS.has(token) || token === "(.)") {
      breaks++;
      continue;
    }
    const part = digitsOf(token);
    if (part === null || breaks > BREAKS_MAX) {
      if (isNumber(groups) || longestNumber(token) >= DIGITS_MIN) return true;
      groups = [];
    }
    if (part !== null) groups.push(part);
    breaks = 0;
  }
  return isNumber(groups);
}

/** The digits that a token says; null if it is something else. */
function digitsOf(token: string): string | null {
  if (NUMBER_WORDS.has(token)) return "?";
  return isWord(token) && isDigits(token) ? token.replaceAll("_", "") : null;
}

/** The length of the longest run of digits in a word, as in `tel0612345678`. */
function longestNumber(word: string): number {
  let longest = 0;
  let length = 0;
  for (const char of word) {
    length = DIGITS.has(char) ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** Whether these groups of digits may be a telephone number: dates, years and round sums are left out. */
function isNumber(groups: readonly string[]): boolean {
  if (groups.length > 1 && groups.at(-1) === "000" && groups.slice(1).every((each) => each.length === 3)) return false; // 1 250 000
  let count = 0;
  for (let at = 0; at < groups.length && count < DIGITS_MIN; ) {
    const skipped = isDate(groups.slice(at, at + 3)) ? 3 : isYears(groups.slice(at, at + 2)) ? 2 : 0;
    if (skipped === 0) count += groups[at]?.length ?? 0;
    at += skipped === 0 ? 1 : skipped;
  }
  return count >= DIGITS_MIN;
}

const DATES: ReadonlySet<string> = new Set(["4,2,2", "2,2,4", "1,2,4", "2,1,4", "1,1,4"]);

/** Whether these are the parts of 2026-11-29 or of 29/11/2026. */
function isDate(groups: readonly string[]): boolean {
  if (!DATES.has(groups.map((each) => each.length).join())) return false;
  const days = groups.filter((each) => each.length < 4);
  return isYears(groups.filter((each) => each.length === 4)) && days.every((each) => each !== "?" && Number(each) <= 31);
}

/** Whether these are the parts of 1939-1945, or a year alone. */
function isYears(groups: readonly string[]): boolean {
  return groups.length > 0 && groups.every((each) => each.length === 4 && Number(each) >= YEAR_MIN && Number(each) <= YEAR_MAX);
}
