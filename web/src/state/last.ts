// The last chat, whose partner we can ask for again for two minutes. Only this page remembers it, for no longer.

import type { Resumed } from "../contract.ts";
import type { TimedEvent } from "./events.ts";
import { toPause } from "./pause.ts";
import { AGAIN_WINDOW_MS, REST_AFTER_MS, type Chat, type Last, type State } from "./model.ts";
import { wantedOf } from "./steps.ts";

type Of<T extends TimedEvent["type"]> = Extract<TimedEvent, { type: T }>;
const OFFERED = { again: "offered", refusal: null, retryAt: null } as const;
const REUNITING: ReadonlySet<Chat["ended"]> = new Set(["left", "skipped", "lost"]);

/** Whether we have asked for the partner again, so that a `matched` may come. */
export function isWaiting(last: Last | null): boolean {
  return last?.again === "asking" || last?.again === "asked";
}

/** Whether we may ask now: not asked yet, and no refusal to wait out. */
export function canAsk(last: Last | null): last is Last {
  return last?.again === "offered" && last.retryAt === null;
}

/** Whether a search, a chat or an `again` needs the camera and the microphone. */
export function wantsMedia({ now, screen, search, chat, last, previewing }: State): boolean {
  if (previewing || screen === "preparing" || screen === "device") return true;
  const rests = chat !== null && chat.endedAt !== null && now >= chat.endedAt + REST_AFTER_MS;
  if (screen === "chat" && chat !== null && wantedOf(chat) > 0) return true;
  const mode = screen === "searching" ? search?.mode : screen === "chat" && !rests ? chat?.mode : null;
  return mode === "video" || (isWaiting(last) && last?.mode === "video");
}

/** Whether what needs our devices needs the camera. */
export function wantsCamera(state: State): boolean {
  const { chat, screen, bring } = state;
  return wantsMedia(state) && (screen === "chat" && chat?.mode === "text" ? wantedOf(chat) === 2 : bring === "both");
}

/** The last chat after the partner left or was lost; null after any other end. */
export function lastOfEnded({ media }: State, chat: Chat, at: number): Last | null {
  return REUNITING.has(chat.ended) ? newLast(chat, media, at) : null;
}

/** The last chat after we ourselves went on. An `again` that we asked for stays asked. */
export function lastOfLeft({ chat, last, media }: State, at: number): Last | null {
  if (chat?.ended === null) return newLast(chat, media, at);
  if (last === null || last.again === "gone") return null;
  return chat === null ? last : { ...last, media: wasOn(media) };
}

/** The last chat after Stop, which takes back an `again`. */
export function lastOfStopped(state: State, at: number): Last | null {
  const last = lastOfLeft(state, at);
  return isWaiting(last) && last !== null ? { ...last, ...OFFERED } : last;
}

/** The last chat after a `welcome`. A new session has none, so an `again` that waits is in vain. */
export function lastOfWelcomed(last: Last | null, resumed: Resumed | null): Last | null {
  if (resumed !== null || last === null) return last;
  return isWaiting(last) ? { ...last, again: "gone" } : null;
}

/** The last chat at this time: null once it has expired, offered again once a refusal has passed. */
export function lastAt(last: Last | null, at: number): Last | null {
  if (last === null || last.until <= at) return null;
  return last.retryAt !== null && last.retryAt <= at ? { ...last, ...OFFERED } : last;
}

/** We ask for the partner of the last chat. */
export function onAgain(state: State, { chat }: Of<"again">): State {
  const { last } = state;
  if (last?.chat !== chat || !canAsk(last)) return state;
  return { ...state, last: { ...last, again: "asking", refusal: null } };
}

/** The server replied to our `again`; `code` is null if it said ok. */
export function onAgainReply(state: State, { chat, code, retryInMs, pause = null, at }: Of<"again_reply">): State {
  const { last } = state;
  if (last?.chat !== chat || !isWaiting(last)) return state;
  if (pause !== null) return { ...state, pause: toPause(pause, at), last: { ...last, again: "offered", refusal: "paused", retryAt: toPause(pause, at).until } };
  if (code === null) return { ...state, last: { ...last, again: "asked" } };
  if (code === "chat_over") return { ...state, last: { ...last, again: "gone" } };
  const retryAt = retryInMs === null ? null : at + retryInMs;
  return { ...state, last: { ...last, again: "offered", refusal: code, retryAt } };
}

/** Null for a chat that was never sealed: no commitment was exchanged, so an `again` would prove nothing. */
function newLast({ id, mode, seal }: Chat, media: State["media"], at: number): Last | null {
  return seal === "sealing" ? null : { chat: id, mode, media: wasOn(media), until: at + AGAIN_WINDOW_MS, ...OFFERED };
}

function wasOn({ mic, cam, resting }: State["media"]): Last["media"] {
  return resting ?? { mic, cam };
}
