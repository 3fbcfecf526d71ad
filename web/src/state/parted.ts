// The chat that we have just left, while its partner can still be reported. Only this page remembers it, for no longer.

import { type Chat, type Parted, REPORT_WINDOW_MS, type State } from "./model.ts";

/**
 * The left chat after we go on from this state. One that was reported stays too, so that what was written can be kept.
 * One that our session has lost does not: the server knows it no more.
 */
export function partedOf({ chat, parted }: State, at: number): Parted | null {
  if (chat === null) return parted;
  const endedAt = chat.endedAt ?? at;
  const until = endedAt + REPORT_WINDOW_MS;
  const lost = chat.ended === "broken" && chat.reported === null;
  return lost || until <= at ? null : { chat: { ...chat, endedAt, typingUntil: null, awayUntil: null, awaySince: null }, until };
}

/** Whether the server still takes a report of the chat: while it goes on, and for a minute after its end. */
export function isReportable({ endedAt, reported, ended }: Chat, at: number): boolean {
  if (reported !== null || ended === "broken") return false;
  return endedAt === null || at < endedAt + REPORT_WINDOW_MS;
}

/** The left chat at this time: null once it is forgotten. */
export function partedAt(parted: Parted | null, at: number): Parted | null {
  return parted !== null && parted.until <= at ? null : parted;
}

/** The left chat after our report of it. It stays for another minute, so that what was written can be kept. */
export function partedReported(parted: Parted, reason: NonNullable<Chat["reported"]>, at: number): Parted {
  return { chat: { ...parted.chat, reported: reason }, until: at + REPORT_WINDOW_MS };
}
