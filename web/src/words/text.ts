// Makes a text from its message and the values for its holes. Pure functions.

import type { Holes } from "./keys.ts";

/** The key of a text. */
export type Key = keyof Holes;
/** A text, or its form for each CLDR plural category (at least `other`). The value `n` chooses the form. */
export type Message = string | { readonly other: string; readonly [category: string]: string };
/** What the page has of one language's file. */
export interface Texts {
  readonly page: { readonly [K in Key]: Message };
  readonly emoji: Readonly<Record<string, string>>;
}
/** What fills the holes of a text, by the holes' names. */
export type Values = Readonly<Record<string, string | number>>;
/** A value for each hole of the key's text, or no argument if it has none. */
export type Given<K extends Key> = [Holes[K]] extends [never] ? [] : [{ readonly [H in Holes[K]]: string | number }];

/** The text with its holes filled. A hole without a value stays as it is. */
export function fill(text: string, values: Values, format: Intl.NumberFormat): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? format.format(value) : (value ?? hole);
  });
}

/** The first wanted language that is among the spoken, whatever its region; else the first of the spoken. */
export function choose(wanted: readonly string[], spoken: readonly string[]): string {
  const primary = (tag: string) => tag.toLowerCase().split("-")[0];
  for (const tag of wanted) {
    const found = spoken.find((each) => primary(each) === primary(tag));
    if (found !== undefined) return found;
  }
  return spoken[0] ?? "en";
}

/** The tag that a visitor who wants these has for this language: with the region, which says how times are written. */
export function regional(tag: string, wanted: readonly string[]): string {
  return wanted.find((each) => each.toLowerCase().startsWith(`${tag.toLowerCase()}-`)) ?? tag;
}

/** A language's own name for itself, with a capital letter. */
export function nameOf(tag: string): string {
  const name = new Intl.DisplayNames(tag, { type: "language" }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

const RIGHT_TO_LEFT = new Set(["Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"]);

const STRONG = /\p{L}/u; // a letter says which way a text is read
const RIGHT_TO_LEFT_LETTER = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Thaana}\p{Script=Syriac}\p{Script=Nko}\p{Script=Adlam}]/u;

/** A text that somebody else wrote, for a sentence that is read the `way`: marked where it is read the other way. */
export function isolated(text: string, way: "ltr" | "rtl"): string {
  const first = STRONG.exec(text)?.[0];
  if (first === undefined || RIGHT_TO_LEFT_LETTER.test(first) === (way === "rtl")) return text;
  return `\u2068${text}\u2069`; // FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE (UAX 9)
}

/** Which way a language is read, by its script: not every browser has `getTextInfo`. */
export function directionOf(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(new Intl.Locale(tag).maximize().script ?? "") ? "rtl" : "ltr";
}
