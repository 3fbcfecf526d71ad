// The functions of the reducer (update.ts) for a chat. Each first checks that the event is of the current chat.

import type { MatchedArgs } from "../contract.ts";
import type { TimedEvent } from "./events.ts";
import { isWaiting, lastOfEnded } from "./last.ts";
import { appended } from "./log.ts";
import { partedReported } from "./parted.ts";
import { reactionsAt } from "./reactions.ts";
import { compared, newTrust, opened, shown, withText } from "./trust.ts";
import { TYPING_EXPIRES_MS, type Chat, type State, type Text } from "./model.ts";
import { heard, newSteps, refused, said, stepOf, type Steps, stepsAt } from "./steps.ts";
import { withoutTexts } from "./translation.ts";

type Of<T extends TimedEvent["type"]> = Extract<TimedEvent, { type: T }>;
const AWAY_MS = 120_000; // the default of limits.resume_window_chat_s, for when `welcome` has not come
const UNTOLD_MS = 5_000; // a break this short needs no word: most are over by then
const NOTICED_MS = 18_000; // after this time the server knows of a dead connection (docs/protocol.md, "Heartbeat")

/** The state with this part of the chat changed, or the same state if it is not the chat that goes on. */
export function partOfChat(state: State, chat: string, part: Partial<Chat>): State {
  return state.chat?.id === chat && state.chat.ended === null ? { ...state, chat: { ...state.chat, ...part } } : state;
}

/** Begins a chat, unless we know it already or wait for none. */
export function onMatched(state: State, { args, at }: Of<"matched">): State {
  const known = args.chat === state.chat?.id || args.chat === state.leftChat;
  if (known || (state.screen !== "searching" && !isWaiting(state.last))) return state;
  const leftChat = state.chat?.id ?? state.leftChat; // the chat shown until now, if its partner asked for us again too
  return { ...state, screen: "chat", chat: newChat(args, at), translations: withoutTexts(state.translations), leftChat, last: null, parted: null, confirm: null, notice: null };
}

function newChat({ chat, mode, common, relay_only, step_max }: MatchedArgs, at: number): Chat {
  return {
    id: chat,
    mode,
    common,
    relayOnly: relay_only,
    texts: [],
    dropped: 0,
    awayUntil: null,
    awaySince: null,
    typingUntil: null,
    partnerMedia: null,
    steps: newSteps(step_max),
    call: mode === "video" && step_max > 0 ? "connecting" : "none",
    route: null,
    quality: null,
    seal: "sealing",
    emoji: [],
    ended: null,
    begunAt: at,
    endedAt: null,
    reported: null,
    trust: newTrust(at),
    reactions: [],
  };
}

/** The partner types, or no longer does. */
export function onTyping(state: State, { chat, on, at }: Of<"typing">): State {
  return partOfChat(state, chat, { typingUntil: on ? at + TYPING_EXPIRES_MS : null });
}

/** The partner's connection broke, or it is back. */
export function onPartner(state: State, { chat, state: presence, at }: Of<"partner">): State {
  if (state.chat === null) return state;
  return partOfChat(state, chat, { ...absence(state, state.chat, presence === "away", at), typingUntil: null });
}

/** Since when the partner is away and until when it may come back; both null while it is here. */
export function absence({ limits }: State, chat: Chat, away: boolean, at: number): Pick<Chat, "awaySince" | "awayUntil"> {
  if (!away) return { awaySince: null, awayUntil: null };
  if (chat.awaySince !== null) return { awaySince: chat.awaySince, awayUntil: chat.awayUntil };
  return { awaySince: at, awayUntil: at + windowMs(limits) };
}

/**
 * What to say of a broken connection, ours or the partner's: nothing for the first seconds, and nothing while picture
 * and sound flow from browser to browser.
 */
export function brokenLink({ connection, now }: State, chat: Chat): "ours" | "theirs" | null {
  if (chat.ended !== null || chat.call === "connected") return null;
  const isLong = (since: number | null) => since !== null && now - since >= UNTOLD_MS;
  if (isLong(connection.lostSince)) return "ours";
  return isLong(chat.awaySince) ? "theirs" : null;
}

/** Whether our connection is lost for so long that the server has surely ended our session. */
export function isGivenUp({ connection, limits }: State, at: number): boolean {
  return connection.lostSince !== null && at - connection.lostSince > windowMs(limits) + NOTICED_MS;
}

function windowMs(limits: State["limits"]): number {
  return limits === null ? AWAY_MS : limits.resume_window_chat_s * 1000;
}

/** The first reason stays, but any reason is better than our own `broken`. */
export function onEnded(state: State, { chat, reason, at }: Of<"ended">): State {
  const { chat: current } = state;
  if (current?.id !== chat || (current.ended !== null && current.ended !== "broken")) return state;
  const ended = over(current, reason, at);
  return { ...state, chat: ended, last: lastOfEnded(state, ended, at) };
}

/** Whether the two can compare their emoji: only in a call that is connected, where they hear each other. */
export function canCompare(chat: Chat): boolean {
  return stepOf(chat) > 0 && chat.call === "connected" && chat.seal !== "sealing" && chat.ended === null;
}

/** The visitor saw the same emoji as the partner. */
export function onCompared(state: State, { chat }: Of<"compared">): State {
  return state.chat !== null && canCompare(state.chat) ? partOfChat(state, chat, { seal: "compared" }) : state;
}

/** Ends the chat because of a fault of its sealing. */
export function onSealFault(state: State, { chat, fault, at }: Of<"seal_fault">): State {
  const { chat: current } = state;
  return current?.id === chat && current.ended === null ? { ...state, chat: over(current, fault, at) } : state;
}

/** The chat, over because our own connection was lost for too long. */
export function broken(chat: Chat, at: number): Chat {
  return over(chat, "broken", at);
}

/** We go to another page. Should the browser bring this one back, it tells why the chat is over. */
export function onPageLeft(state: State, { at }: Of<"page_left">): State {
  return state.chat === null || state.chat.ended !== null ? state : { ...state, chat: over(state.chat, "page_left", at) };
}

/** The partner was ourselves: the search goes on as if there had been no match, and offers nobody again. */
export function onYourself(state: State, { chat }: Of<"yourself">): State {
  const met = state.chat?.id === chat;
  if (state.search === null || (!met && state.screen !== "searching")) return state;
  const search: State = { ...state, leftChat: chat, notice: { code: "yourself" } };
  return met ? { ...search, screen: "searching", chat: null, last: null, parted: null, confirm: null, unseen: 0 } : search;
}

function over(chat: Chat, ended: NonNullable<Chat["ended"]>, at: number): Chat {
  return { ...chat, ended, endedAt: chat.endedAt ?? at, texts: chat.texts.map(undelivered), typingUntil: null, awayUntil: null, awaySince: null };
}

/** A text that still waits when the chat ends is shown as failed, so that it is not lost in silence. */
function undelivered(text: Text): Text {
  return text.state === "waiting" ? { ...text, state: { failed: "chat_over" } } : text;
}

/** Shows a text of the partner's in the log. */
export function onText(state: State, { chat, n, text, folds = false, at }: Of<"text">): State {
  if (state.chat?.id !== chat) return state;
  return partOfChat(state, chat, { ...withText(state.chat, { id: `theirs-${n}`, text, folds, at }), typingUntil: null });
}

/** The chat is sealed; from now on texts can come. */
export function onSealed(state: State, { chat, emoji, at }: Of<"sealed">): State {
  if (state.chat?.id !== chat) return state;
  return partOfChat(state, chat, { seal: "sealed", emoji, trust: { ...state.chat.trust, sealedAt: at } });
}

/** Another stranger's first words were like the partner's. */
export function onAlike(state: State, { chat, likeness }: Of<"alike">): State {
  if (state.chat?.id !== chat) return state;
  return partOfChat(state, chat, { trust: compared(state.chat.trust, likeness) });
}

/** The visitor wants to see a text that is folded. */
export function onUnfold(state: State, { id }: Of<"unfold">): State {
  if (state.chat === null) return state;
  return { ...state, chat: { ...state.chat, texts: state.chat.texts.map((text) => (text.id === id ? shown(text) : text)) } };
}

/** The visitor does not want to be told that it looks like advertising. */
export function onAdvertClosed(state: State): State {
  if (state.chat === null) return state;
  return { ...state, chat: { ...state.chat, trust: { ...state.chat.trust, advert: "closed" } } };
}

/** Shows a text of ours in the log. `n` is null if it is too long ever to be sent. */
export function onWrite(state: State, { chat, n, text, at }: Of<"write">): State {
  if (state.chat?.id !== chat) return state;
  const trust = { ...state.chat.trust, wrote: state.chat.trust.wrote || n !== null };
  const log = opened({ ...state.chat, trust }, at);
  const written: Text =
    n === null
      ? { id: `unsent-${log.dropped + log.texts.length}`, mine: true, at, text, state: { failed: "too_big" }, folded: false }
      : { id: `mine-${n}`, mine: true, at, text, state: "waiting", folded: false };
  return partOfChat(state, chat, { ...appended(log, written), trust });
}

/** A delivered text stays so: a `sent` after the partner's receipt is late. */
export function onDelivery(state: State, { chat, n, delivery }: Of<"delivery">): State {
  if (state.chat?.id !== chat) return state;
  const texts = state.chat.texts.map((text) =>
    text.id === `mine-${n}` && text.state !== "delivered" ? { ...text, state: delivery } : text,
  );
  return { ...state, chat: { ...state.chat, texts } };
}

/** Ends the chat if it still goes on. After a report the partner cannot be asked for again. */
export function onReported(state: State, { chat, reason, at }: Of<"reported">): State {
  const { chat: current, parted, last } = state;
  if (parted?.chat.id === chat) return { ...state, parted: partedReported(parted, reason, at), last: last?.chat === chat ? null : last, notice: null };
  if (current?.id !== chat) return state;
  const chatOver = current.ended === null ? over(current, "reported", at) : current;
  return { ...state, chat: { ...chatOver, reported: reason }, last: null, notice: null };
}

/** We say what we agree to. */
export function onSayStep(state: State, { chat, step, at }: Of<"say_step">): State {
  return withSteps(state, chat, (steps) => said(steps, step, at));
}

/** We say no to the partner's ask. */
export function onRefuseStep(state: State, { chat }: Of<"refuse_step">): State {
  return withSteps(state, chat, refused);
}

/** The partner says what it agrees to. */
export function onHeardStep(state: State, { chat, step, at }: Of<"heard_step">): State {
  return withSteps(state, chat, (steps) => heard(steps, step, state.settings.steps, at));
}

/** The chat at this time. */
export function chatAt(chat: Chat, at: number): Chat {
  const typingUntil = chat.typingUntil !== null && chat.typingUntil <= at ? null : chat.typingUntil;
  const steps = chat.ended === null ? stepsAt(chat.steps, at) : chat.steps;
  const reactions = reactionsAt(chat.reactions, at);
  const same = typingUntil === chat.typingUntil && steps === chat.steps && reactions === chat.reactions;
  return opened(same ? chat : { ...chat, typingUntil, steps, reactions }, at);
}

function withSteps(state: State, id: string, change: (steps: Steps) => Steps): State {
  const { chat } = state;
  if (chat?.id !== id || chat.mode !== "text") return state;
  const steps = change(chat.steps);
  return steps === chat.steps ? state : partOfChat(state, id, { steps });
}
