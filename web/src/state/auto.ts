// Auto-next: after the partner ended the chat, or was away for long, the next search begins by itself. Its countdown runs
// only while the page is shown, and the visitor can stay.

import { isWaiting } from "./last.ts";
import type { Auto, Chat, State } from "./model.ts";
import { isPaused } from "./pause.ts";

export const AUTO_MS = 5_000; // to read who left, and to say "stay"; arbitrary
export const AWAY_MS = 10_000; // away for so long, the countdown begins: 15 s in all
/** The ends that are the partner's. */
const THEIRS: ReadonlySet<Chat["ended"]> = new Set(["left", "skipped", "lost"]);

/** The countdown after an event: it begins, goes on, rests while the page is hidden, or is over. */
export function autoAt(state: State, at: number): Auto | null {
  const { chat } = state;
  if (chat === null) return null;
  const current = state.auto?.chat === chat.id ? state.auto : null;
  if (current?.stays === true) return current;
  if (!isWanted(state, chat, at)) return null;
  const auto = current ?? { chat: chat.id, leftMs: AUTO_MS, from: null, stays: false };
  if (!state.shown) return auto.from === null ? auto : { ...auto, leftMs: leftOf(auto, at), from: null };
  return auto.from === null ? { ...auto, from: at } : auto;
}

/** How many milliseconds are left until the next search begins by itself, or null if it does not. */
export function autoLeftMs({ auto, now }: State): number | null {
  return auto === null || auto.stays ? null : leftOf(auto, now);
}

/** Whether it is time for the next search. */
export function isAutoDue(state: State): boolean {
  return state.auto !== null && state.auto.from !== null && autoLeftMs(state) === 0;
}

/** The visitor stays with the chat that is shown. */
export function onStay(state: State): State {
  const { chat } = state;
  return chat === null ? state : { ...state, auto: { chat: chat.id, leftMs: 0, from: null, stays: true } };
}

function leftOf({ leftMs, from }: Auto, at: number): number {
  return from === null ? leftMs : Math.max(0, leftMs - (at - from));
}

/** Never after an end of our own, and never while something of ours stands in the way. */
function isWanted(state: State, chat: Chat, at: number): boolean {
  const { settings, screen, media, last, connection } = state;
  if (!settings.autoNext || screen !== "chat" || chat.reported !== null || connection.phase !== "up") return false;
  if (isWaiting(last) || isPaused(state, chat.mode)) return false;
  if (chat.mode === "video" && media.camFault === "denied" && !media.mic) return false;
  return chat.ended === null ? isGone(chat, at) : THEIRS.has(chat.ended);
}

/** Away for long, and no call goes on all the same. */
function isGone({ awaySince, call }: Chat, at: number): boolean {
  return awaySince !== null && at - awaySince >= AWAY_MS && call !== "connected";
}
