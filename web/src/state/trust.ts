// What a chat's first seconds tell of the partner: which texts are folded, and whether they look like advertising. Only
// the view changes: nothing is deleted, and nothing happens by itself.

import { appended } from "./log.ts";
import type { Chat, Text, Trust } from "./model.ts";

export const TRUST_MS = 10_000; // of the chat, until a link is shown to a visitor who has written
const FIRST_TEXTS = 2; // of the partner: a contact in them is advertising more often than not
const ALIKE = 0.8; // of the words of another stranger (Jaccard)
// Who begins with so much so soon was not typing. People paste, too, so that alone says nothing: it makes the two signs
// above count a little earlier.
const QUICK_MS = 300;
const QUICK_CHARS = 40;
const QUICK_FIRST_TEXTS = 4;
const QUICK_ALIKE = 0.6;

interface Told {
  readonly id: string;
  readonly text: string;
  readonly folds: boolean;
  readonly at: number;
}

/** What is known when a chat begins. */
export function newTrust(at: number): Trust {
  return { since: at, sealedAt: null, wrote: false, quick: false, advert: "none" };
}

/** Whether texts are no longer folded: the visitor has written, and ten seconds have passed. */
function isTrusted({ wrote, since }: Trust, at: number): boolean {
  return wrote && at - since >= TRUST_MS;
}

/** Whether a folded text will open when time has passed. */
export function opensSoon(chat: Chat): boolean {
  return chat.ended === null && chat.trust.wrote && chat.texts.some(({ folded }) => folded);
}

/** The chat with all its texts shown, if it is time; a text that was shown is never folded again. */
export function opened(chat: Chat, at: number): Chat {
  return opensSoon(chat) && isTrusted(chat.trust, at) ? { ...chat, texts: chat.texts.map(shown) } : chat;
}

/** The text, shown. */
export function shown(text: Text): Text {
  return text.folded ? { ...text, folded: false } : text;
}

/** The parts of a chat that a text of the partner's changes. `folds`: it holds a link or a contact. */
export function withText({ texts, dropped, trust }: Chat, { id, text, folds, at }: Told): Pick<Chat, "texts" | "dropped" | "trust"> {
  const before = texts.filter(({ mine }) => !mine).length;
  const folded = !isTrusted(trust, at) && folds;
  const soon = trust.sealedAt !== null && at - trust.sealedAt <= QUICK_MS;
  const quick = trust.quick || (before === 0 && soon && text.length >= QUICK_CHARS);
  const suspect = folded && before < (quick ? QUICK_FIRST_TEXTS : FIRST_TEXTS);
  return { ...appended({ texts, dropped }, { id, mine: false, at, text, state: "received", folded }), trust: suspected({ ...trust, quick }, suspect) };
}

/** After it is known how much the words of another stranger were like the partner's, from 0 to 1. */
export function compared(trust: Trust, likeness: number): Trust {
  return suspected(trust, likeness >= (trust.quick ? QUICK_ALIKE : ALIKE));
}

function suspected(trust: Trust, suspect: boolean): Trust {
  return suspect && trust.advert === "none" ? { ...trust, advert: "shown" } : trust;
}
