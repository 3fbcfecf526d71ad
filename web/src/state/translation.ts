// The translation of the stranger's texts, on this device: which were asked for, and what became of them. A text is never
// translated by itself, and the first time on a page the visitor is told what it means.

import type { TimedEvent } from "./events.ts";
import type { State } from "./model.ts";

/** What became of a text. `fetching`: the browser fetches a language. `again`: it is there now, and wants another click. */
export type Translated =
  | { readonly state: "working" | "fetching" | "again" | "same" | "failed" }
  /** `from`: the tag of the language that it was written in. `original`: it is shown as it was written. */
  | { readonly state: "done"; readonly text: string; readonly from: string; readonly original: boolean };

/** All that the page knows of translations. */
export interface Translations {
  /** The browser can translate. */
  readonly able: boolean;
  /** The visitor has said yes on this page. */
  readonly agreed: boolean;
  /** The text whose translation waits for that yes. */
  readonly asked: string | null;
  /** The chat of these texts. */
  readonly chat: string | null;
  readonly texts: Readonly<Record<string, Translated>>;
}

export const NO_TRANSLATIONS: Translations = { able: false, agreed: false, asked: null, chat: null, texts: {} };

type Of<T extends TimedEvent["type"]> = Extract<TimedEvent, { type: T }>;

/** The browser can translate, or cannot. */
export function onTranslator(state: State, { able }: Of<"translator">): State {
  return { ...state, translations: { ...state.translations, able } };
}

/** The visitor wants a text translated. Before the first one of the page, the page asks. */
export function onTranslate(state: State, { chat, id }: Of<"translate">): State {
  const before = { ...state.translations, chat };
  if (state.chat?.id !== chat || !before.able) return state;
  if (!before.agreed) return { ...state, translations: { ...before, asked: id } };
  return { ...state, translations: { ...before, texts: { ...before.texts, [id]: { state: "working" } } } };
}

/** The visitor's answer to what the page told. */
export function onTranslateAnswer(state: State, { yes }: Of<"translate_answer">): State {
  const { translations } = state;
  return { ...state, translations: { ...translations, asked: null, agreed: translations.agreed || yes } };
}

/** What became of a text. */
export function onTranslated(state: State, { chat, id, translated }: Of<"translated">): State {
  const { translations } = state;
  if (translations.chat !== chat || translations.texts[id] === undefined) return state;
  return { ...state, translations: { ...translations, texts: { ...translations.texts, [id]: translated } } };
}

/** The visitor looks at what was written, or at its translation again. */
export function onOriginal(state: State, { id, original }: Of<"original">): State {
  const { translations } = state;
  const before = translations.texts[id];
  if (before?.state !== "done") return state;
  return { ...state, translations: { ...translations, texts: { ...translations.texts, [id]: { ...before, original } } } };
}

/** Without what was translated: its chat has gone from the screen. */
export function withoutTexts(translations: Translations): Translations {
  return { ...translations, chat: null, texts: {}, asked: null };
}
