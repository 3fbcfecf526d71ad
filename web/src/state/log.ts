// The log of a chat: how many texts are held, how many of them are shown, and which stand together.

import type { Chat, Text } from "./model.ts";

const TEXTS_MAX = 3_000; // of both, in this tab's memory
const CHARS_MAX = 2_000_000; // of all texts: a stranger can send 120 kB a second
const SHOWN_MAX = 300; // while the log goes along with the newest
const READ_MAX = 900; // while somebody reads further up: nothing is taken from above the eye so soon
const RUN_MS = 120_000; // texts of one person with less time between stand together under one time
const GRACE = 200; // as many are let go at once, so that not every text copies the log

/** The part of a chat that a new text changes. The oldest are let go when there are too many. */
export function appended({ texts, dropped }: Pick<Chat, "texts" | "dropped">, text: Text): Pick<Chat, "texts" | "dropped"> {
  const all = [...texts, text];
  const gone = Math.max(all.length > TEXTS_MAX ? GRACE : 0, tooMuch(all));
  return { texts: gone === 0 ? all : all.slice(gone), dropped: dropped + gone };
}

/** How many of the oldest texts must go until the others have no more characters than may be held. */
function tooMuch(texts: readonly Text[]): number {
  let chars = texts.reduce((sum, { text }) => sum + text.length, 0);
  let gone = 0;
  while (chars > CHARS_MAX && gone < texts.length - 1) chars -= texts[gone++]?.text.length ?? 0;
  return gone;
}

/** Which texts are shown: from this number on, counted from the chat's first text. */
export interface Shown {
  readonly from: number;
  /** At most so many, while somebody reads further up. */
  readonly most: number;
}

export const FIRST_SHOWN: Shown = { from: 0, most: READ_MAX };

/** What is shown after the log has changed. `following`: its end is in sight. */
export function shownOf({ from, most }: Shown, { texts, dropped }: Pick<Chat, "texts" | "dropped">, following: boolean): Shown {
  const end = dropped + texts.length;
  if (following) return { from: Math.max(dropped, end - SHOWN_MAX), most: READ_MAX };
  return { from: Math.max(dropped, from, end - most), most };
}

/** What is shown when somebody wants to see earlier texts. */
export function earlier({ from, most }: Shown, { texts, dropped }: Pick<Chat, "texts" | "dropped">): Shown {
  const first = Math.max(dropped, from - SHOWN_MAX);
  return { from: first, most: Math.max(most, dropped + texts.length - first + SHOWN_MAX) };
}

/** How many texts of the partner's have come since `seen` texts were there. */
export function unread({ texts, dropped }: Pick<Chat, "texts" | "dropped">, seen: number): number {
  return texts.slice(Math.max(0, seen - dropped)).filter(({ mine }) => !mine).length;
}

/** Whether the text is the last of those that stand together, so that the time is told under it. */
export function endsRun(text: Text, next: Text | undefined): boolean {
  return next?.mine !== text.mine || next.at - text.at >= RUN_MS;
}
