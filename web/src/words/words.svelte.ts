// The page's words in the visitor's language. Each language is one file of our own origin, compared with its hash. The
// first one is asked for by early.ts, before this is loaded.

import { files, languages } from "virtual:words";

import { store, stored } from "../stored.ts";
import { choose, directionOf, fill, type Given, isolated, type Key, nameOf, regional, type Texts, type Values } from "./text.ts";

const FALLBACK = choose([], languages);
const DIGITS = { numberingSystem: "latn" } as const; // as in the texts themselves; some regions and older browsers have others
const NONE = { page: {}, emoji: {} } as unknown as Texts; // nothing is shown before `begin`

/** All languages of the page, each with its own name for itself. */
export const LANGUAGES: readonly { readonly tag: string; readonly name: string }[] = languages.map((tag) => ({ tag, name: nameOf(tag) }));

let shown = $state.raw({ tag: FALLBACK, texts: NONE });
const plural = $derived(new Intl.PluralRules(shown.tag));
const region = $derived(regional(shown.tag, navigator.languages));
const hours = $derived(new Intl.DateTimeFormat(region, { ...DIGITS, hour: "numeric", minute: "2-digit" }));
const moments = $derived(new Intl.DateTimeFormat(region, { ...DIGITS, dateStyle: "full", timeStyle: "medium" }));
const numbers = $derived(new Intl.NumberFormat(shown.tag, DIGITS));

/** What early.ts has asked for. */
interface Early {
  omefreeWords?: { readonly tag: string; readonly answer: Promise<Response> } | undefined;
}

/** The answer that early.ts waits for, if it is for this language; it can be read once. */
function early(tag: string): Promise<Response> | undefined {
  const page = globalThis as Early;
  const asked = page.omefreeWords;
  page.omefreeWords = undefined;
  return asked?.tag === tag ? asked.answer.catch(() => ask(tag)) : undefined;
}

async function ask(tag: string): Promise<Response> {
  const file = files[tag];
  if (file === undefined) throw new Error(`no such language: ${tag}`);
  return await fetch(file.url, { integrity: file.integrity });
}

/** Switches to the language. Rejects, and changes nothing, if its words cannot be fetched. */
async function speak(tag: string): Promise<void> {
  const answer = await (early(tag) ?? ask(tag));
  if (!answer.ok) throw new Error(`no words for ${tag}`);
  shown = { tag, texts: (await answer.json()) as Texts };
}

/** What the address asks for, for as long as it does; else what was chosen here before; else the browser's languages. */
function wanted(): readonly string[] {
  const asked = new URLSearchParams(location.search).get("lang");
  return [asked, stored("lang"), ...navigator.languages].filter((tag) => tag !== null);
}

/** Shows the first words, at worst those of the first language. Rejects if there are none at all. */
export async function begin(): Promise<void> {
  const tag = choose(wanted(), languages);
  await speak(tag).catch(() => speak(FALLBACK));
}

/** Switches to the language, and remembers the one that is shown afterwards: the address asks for no other any more. */
export async function setLang(tag: string): Promise<void> {
  await speak(tag).catch(() => undefined); // the current words are better than an empty page
  store("lang", lang());
  const url = new URL(location.href);
  if (!url.searchParams.has("lang")) return;
  url.searchParams.delete("lang");
  history.replaceState(history.state, "", url);
}

/** The tag of the language that is shown. */
export function lang(): string {
  return shown.tag;
}

/** Which way that language is read. */
export function direction(): "ltr" | "rtl" {
  return directionOf(shown.tag);
}

/** The text of `key`; the value `n` chooses the plural form. */
export function t<K extends Key>(key: K, ...given: Given<K>): string {
  const values: Values = given[0] ?? {};
  const message = shown.texts.page[key];
  const text = typeof message === "string" ? message : (message[plural.select(Number(values["n"]))] ?? message.other);
  return fill(text, values, numbers);
}

/** The name of one of the emoji that two people compare; the emoji itself if it has none. */
export function emojiName(sign: string): string {
  return shown.texts.emoji[sign] ?? sign;
}

/** The items as one text, joined as the language joins them: "a, b and c". */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(shown.tag, { type: "conjunction" }).format(items.map((item) => isolated(item, direction())));
}

/** The time of day of `at`, in milliseconds since the epoch, as the language writes it. */
export function clock(at: number): string {
  return hours.format(at);
}

/** The day and the time of day of `at`, written out. */
export function moment(at: number): string {
  return moments.format(at);
}

/** The name of a language, in the language that is shown. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames(shown.tag, { type: "language" }).of(tag) ?? tag;
}
