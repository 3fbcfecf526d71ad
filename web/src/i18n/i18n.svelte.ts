import { en, type Message } from "./en.ts";
import { fr } from "./fr.ts";
import { chooseLang, fill, typesetFrench, type Key, type Messages, type Params } from "./messages.ts";

export const LANGS = ["en", "fr"] as const;
export type Lang = (typeof LANGS)[number];
export const LANG_NAMES: Readonly<Record<Lang, string>> = { en: "English", fr: "Français" };
const STORAGE_KEY = "omefree.lang";
const TEXTS: Readonly<Record<Lang, Messages>> = { en, fr };
const TYPESET: Readonly<Record<Lang, (text: string) => string>> = { en: (text) => text, fr: typesetFrench };

const current = $state({ lang: remembered() ?? chooseLang(navigator.languages, LANGS, "en") });
const plural = $derived(new Intl.PluralRules(current.lang));
const numbers = $derived(new Intl.NumberFormat(current.lang));

function remembered(): Lang | null {
  try {
    return LANGS.find((lang) => lang === localStorage.getItem(STORAGE_KEY)) ?? null;
  } catch {
    return null; // storage can be forbidden: the choice then lasts as long as the page
  }
}

export function lang(): Lang {
  return current.lang;
}

export function setLang(lang: Lang): void {
  current.lang = lang;
  try {
    localStorage.setItem(STORAGE_KEY, lang);
  } catch {
    // as above
  }
}

/** The text of `key` in the current language; `n` chooses the plural form. */
export function t(key: Key, params: Params = {}): string {
  const message: Message = TEXTS[current.lang][key];
  const text = typeof message === "string" ? message : (message[plural.select(Number(params["n"]))] ?? message.other);
  return fill(TYPESET[current.lang](text), params, numbers);
}

export function list(items: readonly string[]): string {
  return new Intl.ListFormat(current.lang, { type: "conjunction" }).format(items);
}

export function languageNames(tags: readonly string[]): string {
  const names = new Intl.DisplayNames(current.lang, { type: "language" });
  return list(tags.map((tag) => names.of(tag) ?? tag));
}
