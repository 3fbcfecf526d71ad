// The chat before, whose partner can be asked for again for a while. Kept here alone, and not for longer than that.

import type { Resumed } from "../contract.ts";
import type { TimedEvent } from "./events.ts";
import { AGAIN_WINDOW_MS, type Chat, type Last, type State } from "./model.ts";

type Of<T extends TimedEvent["type"]> = Extract<TimedEvent, { type: T }>;
const OFFERED = { again: "offered", refusal: null, retryAt: null } as const;
const REUNITING: ReadonlySet<Chat["ended"]> = new Set(["left", "skipped", "lost"]);

/** Whether a `matched` may come of it. */
export function isWaiting(last: Last | null): boolean {
  return last?.again === "asking" || last?.again === "asked";
}

export function canAsk(last: Last | null): last is Last {
  return last?.again === "offered" && last.retryAt === null;
}

/** Whether anything that goes on or is waited for needs the camera and the microphone. */
export function wantsMedia({ screen, search, chat, last }: State): boolean {
  if (screen === "preparing" || screen === "device") return true;
  const mode = screen === "searching" ? search?.mode : screen === "chat" ? chat?.mode : null;
  return mode === "video" || (isWaiting(last) && last?.mode === "video");
}

/** After the partner, or their link, ended our chat. */
export function lastOfEnded({ media }: State, chat: Chat, at: number): Last | null {
  return REUNITING.has(chat.ended) ? newLast(chat, media, at) : null;
}

/** After we ourselves went on. What was asked stays asked. */
export function lastOfLeft({ chat, last, media }: State, at: number): Last | null {
  if (chat?.ended === null) return newLast(chat, media, at);
  if (last === null || last.again === "gone") return null;
  return chat === null ? last : { ...last, media: { mic: media.mic, cam: media.cam } };
}

/** After Stop, which takes back what was asked. */
export function lastOfStopped(state: State, at: number): Last | null {
  const last = lastOfLeft(state, at);
  return isWaiting(last) && last !== null ? { ...last, ...OFFERED } : last;
}

/** A new session has no last chat. */
export function lastOfWelcomed(last: Last | null, resumed: Resumed | null): Last | null {
  if (resumed !== null || last === null) return last;
  return isWaiting(last) ? { ...last, again: "gone" } : null;
}

export function lastAt(last: Last | null, at: number): Last | null {
  if (last === null || last.until <= at) return null;
  return last.retryAt !== null && last.retryAt <= at ? { ...last, ...OFFERED } : last;
}

export function onAgain(state: State, { chat }: Of<"again">): State {
  const { last } = state;
  if (last?.chat !== chat || !canAsk(last)) return state;
  return { ...state, last: { ...last, again: "asking", refusal: null } };
}

export function onAgainReply(state: State, { chat, code, retryInMs, at }: Of<"again_reply">): State {
  const { last } = state;
  if (last?.chat !== chat || last.again !== "asking") return state;
  if (code === null) return { ...state, last: { ...last, again: "asked" } };
  if (code === "chat_over") return { ...state, last: { ...last, again: "gone" } };
  const retryAt = retryInMs === null ? null : at + retryInMs;
  return { ...state, last: { ...last, again: "offered", refusal: code, retryAt } };
}

/** None of a chat that was never sealed: the two could not know each other again. */
function newLast({ id, mode, seal }: Chat, { mic, cam }: State["media"], at: number): Last | null {
  return seal === "sealing" ? null : { chat: id, mode, media: { mic, cam }, until: at + AGAIN_WINDOW_MS, ...OFFERED };
}
