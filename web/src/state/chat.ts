// The functions of the reducer (update.ts) for a chat. Each first checks that the event is of the current chat.

import type { MatchedArgs } from "../contract.ts";
import type { TimedEvent } from "./events.ts";
import { isWaiting, lastOfEnded } from "./last.ts";
import { TYPING_EXPIRES_MS, type Chat, type State, type Text } from "./model.ts";

type Of<T extends TimedEvent["type"]> = Extract<TimedEvent, { type: T }>;
const AWAY_MS = 15_000; // the default of limits.resume_window_s, for when `welcome` has not come

/** The state with this part of the chat changed, or the same state if it is not the chat that goes on. */
export function partOfChat(state: State, chat: string, part: Partial<Chat>): State {
  return state.chat?.id === chat && state.chat.ended === null ? { ...state, chat: { ...state.chat, ...part } } : state;
}

/** Begins a chat, unless we know it already or wait for none. */
export function onMatched(state: State, { args }: Of<"matched">): State {
  const known = args.chat === state.chat?.id || args.chat === state.leftChat;
  if (known || (state.screen !== "searching" && !isWaiting(state.last))) return state;
  const leftChat = state.chat?.id ?? state.leftChat; // the chat shown until now, if its partner asked for us again too
  return { ...state, screen: "chat", chat: newChat(args), leftChat, last: null, confirmUntil: null, notice: null };
}

function newChat({ chat, mode, common, relay_only }: MatchedArgs): Chat {
  return {
    id: chat,
    mode,
    common,
    relayOnly: relay_only,
    texts: [],
    awayUntil: null,
    typingUntil: null,
    partnerMedia: null,
    call: mode === "video" ? "connecting" : "none",
    seal: "sealing",
    emoji: [],
    ended: null,
    reported: null,
  };
}

/** The partner types, or no longer does. */
export function onTyping(state: State, { chat, on, at }: Of<"typing">): State {
  return partOfChat(state, chat, { typingUntil: on ? at + TYPING_EXPIRES_MS : null });
}

/** The partner's connection broke, or it is back. */
export function onPartner(state: State, { chat, state: presence, at }: Of<"partner">): State {
  const windowMs = state.limits === null ? AWAY_MS : state.limits.resume_window_s * 1000;
  return partOfChat(state, chat, { awayUntil: presence === "away" ? at + windowMs : null, typingUntil: null });
}

/** The first reason stays, but any reason is better than our own `broken`. */
export function onEnded(state: State, { chat, reason, at }: Of<"ended">): State {
  const { chat: current } = state;
  if (current?.id !== chat || (current.ended !== null && current.ended !== "broken")) return state;
  const ended = over(current, reason);
  return { ...state, chat: ended, last: lastOfEnded(state, ended, at) };
}

/** Whether the two can compare their emoji: only in a call that is connected, where they see and hear each other. */
export function canCompare({ mode, call, seal, ended }: Chat): boolean {
  return mode === "video" && call === "connected" && seal !== "sealing" && ended === null;
}

/** The visitor saw the same emoji as the partner. */
export function onCompared(state: State, { chat }: Of<"compared">): State {
  return state.chat !== null && canCompare(state.chat) ? partOfChat(state, chat, { seal: "compared" }) : state;
}

/** Ends the chat because of a fault of its sealing. */
export function onSealFault(state: State, { chat, fault }: Of<"seal_fault">): State {
  const { chat: current } = state;
  return current?.id === chat && current.ended === null ? { ...state, chat: over(current, fault) } : state;
}

/** The chat, over because our own connection was lost for too long. */
export function broken(chat: Chat): Chat {
  return over(chat, "broken");
}

function over(chat: Chat, ended: NonNullable<Chat["ended"]>): Chat {
  return { ...chat, ended, texts: chat.texts.map(undelivered), typingUntil: null, awayUntil: null };
}

/** A text that still waits when the chat ends is shown as failed, so that it is not lost in silence. */
function undelivered(text: Text): Text {
  return text.state === "waiting" ? { ...text, state: { failed: "chat_over" } } : text;
}

/** Shows a text of the partner's in the log. */
export function onText(state: State, { chat, n, text }: Of<"text">): State {
  if (state.chat?.id !== chat) return state;
  const texts = [...state.chat.texts, { id: `theirs-${n}`, mine: false, text, state: "received" } as const];
  return partOfChat(state, chat, { texts, typingUntil: null });
}

/** Shows a text of ours in the log. `n` is null if it is too long ever to be sent. */
export function onWrite(state: State, { chat, n, text }: Of<"write">): State {
  if (state.chat?.id !== chat) return state;
  const { texts } = state.chat;
  const written: Text =
    n === null
      ? { id: `unsent-${texts.length}`, mine: true, text, state: { failed: "too_big" } }
      : { id: `mine-${n}`, mine: true, text, state: "waiting" };
  return partOfChat(state, chat, { texts: [...texts, written] });
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
export function onReported(state: State, { chat, reason }: Of<"reported">): State {
  const { chat: current } = state;
  if (current?.id !== chat) return state;
  const chatOver = current.ended === null ? over(current, "reported") : current;
  return { ...state, chat: { ...chatOver, reported: reason }, last: null, notice: null };
}
