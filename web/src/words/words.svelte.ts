// The page's words in the visitor's language. English is in the bundle. Any other language is one file of our own
// origin, fetched when it is chosen and compared with its hash.

import { fallback, files, languages } from "virtual:words";

import { choose, directionOf, fill, type Given, type Key, nameOf, type Texts, type Values } from "./text.ts";

const STORAGE_KEY = "omefree.lang";
const FALLBACK = choose([], languages);

/** All languages of the page, each with its own name for itself. */
export const LANGUAGES: readonly { readonly tag: string; readonly name: string }[] = languages.map((tag) => ({ tag, name: nameOf(tag) }));

let shown = $state.raw({ tag: FALLBACK, texts: fallback });
const plural = $derived(new Intl.PluralRules(shown.tag));
const numbers = $derived(new Intl.NumberFormat(shown.tag));

function remembered(): string | undefined {
  try {
    return languages.find((tag) => tag === localStorage.getItem(STORAGE_KEY));
  } catch {
    return undefined; // storage can be forbidden: the choice then lasts as long as the page
  }
}

async function load(tag: string): Promise<Texts> {
  const file = files[tag];
  if (file === undefined) return fallback;
  const answer = await fetch(file.url, { integrity: file.integrity });
  if (!answer.ok) throw new Error(`no words for ${tag}`);
  return (await answer.json()) as Texts;
}

/** Switches to the language. If its words cannot be fetched, the current language stays. */
async function speak(tag: string): Promise<void> {
  try {
    shown = { tag, texts: await load(tag) };
  } catch {
    // the current words are better than an empty page
  }
}

/** Chooses the language that was chosen here before, else the browser's. Resolves when its words are there. */
export function begin(): Promise<void> {
  return speak(remembered() ?? choose(navigator.languages, languages));
}

/** Switches to the language, and remembers the one that is shown afterwards. */
export async function setLang(tag: string): Promise<void> {
  await speak(tag);
  try {
    localStorage.setItem(STORAGE_KEY, lang());
  } catch {
    // storage can be forbidden, as above
  }
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
  return new Intl.ListFormat(shown.tag, { type: "conjunction" }).format(items);
}

/** The names of languages as such a list, for example "French and German". */
export function languageNames(tags: readonly string[]): string {
  const names = new Intl.DisplayNames(shown.tag, { type: "language" });
  return list(tags.map((tag) => names.of(tag) ?? tag));
}
