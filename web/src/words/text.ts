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

/** A language's own name for itself, with a capital letter. */
export function nameOf(tag: string): string {
  const name = new Intl.DisplayNames(tag, { type: "language" }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

const RIGHT_TO_LEFT = new Set(["Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"]);

/** Which way a language is read, by its script: not every browser has `getTextInfo`. */
export function directionOf(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(new Intl.Locale(tag).maximize().script ?? "") ? "rtl" : "ltr";
}
