// The one reducer: a table with a function for each event. A function that changes nothing returns the same state.

import type { TimedEvent } from "./events.ts";
import { CONFIRM_EXPIRES_MS, START, type State } from "./model.ts";
import { lastAt, lastOfLeft, lastOfStopped, lastOfWelcomed, onAgain, onAgainReply } from "./last.ts";
import { broken, onCompared, onDelivery, onEnded, onMatched, onPartner, onReported, onSealFault, onText, onTyping, onWrite, partOfChat } from "./chat.ts";

type Row<T extends TimedEvent["type"]> = (state: State, event: Extract<TimedEvent, { type: T }>) => State;
type Rows = { readonly [T in TimedEvent["type"]]: Row<T> };

const ROWS: Rows = {
  welcome: onWelcome,
  online: (state, { count }) => ({ ...state, online: count }),
  searching: onSearching,
  matched: onMatched,
  typing: onTyping,
  partner: onPartner,
  ended: onEnded,

  connecting: (state) => ({ ...state, connection: { ...state.connection, phase: "connecting", retryAt: null } }),
  trouble: onTrouble,

  text: onText,
  partner_media: (state, { chat, media }) => partOfChat(state, chat, { partnerMedia: media }),

  sealed: (state, { chat, emoji }) => partOfChat(state, chat, { seal: "sealed", emoji }),
  compared: onCompared,
  seal_fault: onSealFault,

  call: (state, { chat, phase }) => partOfChat(state, chat, { call: phase }),
  media: (state, { media }) => ({ ...state, media: { ...media, fault: media.cam ? null : state.media.fault } }),
  device_fault: (state, { fault, blocking }) => ({
    ...state,
    media: { ...state.media, fault },
    screen: blocking && state.screen === "preparing" ? "device" : state.screen,
  }),

  wish: (state, { wish }) => ({ ...state, wish: { ...state.wish, ...wish } }),
  prepare: (state) => ({ ...state, screen: "preparing", notice: null, media: { ...state.media, fault: null } }),
  search: onSearch,
  stop: (state, { at }) => ({ ...withoutChat(state, at), screen: "landing", search: null, notice: null, last: lastOfStopped(state, at) }),
  again: onAgain,
  write: onWrite,
  reported: onReported,
  escape: (state, { at }) => ({
    ...state,
    confirmUntil: state.chat !== null && state.confirmUntil === null ? at + CONFIRM_EXPIRES_MS : null,
  }),
  seen: (state) => (state.unseen ? { ...state, unseen: false } : state),

  refused: onRefused,
  again_reply: onAgainReply,
  delivery: onDelivery,
  notice: (state, { notice }) => ({ ...state, notice }),
  hidden_news: (state) => ({ ...state, unseen: true }),
  tick: onTick,
};

/** The state after the event. */
export function update(state: State, event: TimedEvent): State {
  const row = ROWS[event.type] as (state: State, event: TimedEvent) => State;
  const next = row(state, event);
  return next === state ? state : { ...next, now: event.at };
}

/** The state of a page that has just opened. `at` is in milliseconds. */
export function first(at: number): State {
  return { ...START, now: at };
}

function onWelcome(state: State, { args, at }: Extract<TimedEvent, { type: "welcome" }>): State {
  const { online, server, limits, resumed } = args;
  const connection = { phase: "up", retryAt: null, code: null, tries: 0 } as const;
  const up: State = { ...state, online, server, limits, connection, last: lastOfWelcomed(state.last, resumed) };
  const { chat } = state;
  if (chat === null || chat.ended !== null) return up;
  // The chat is gone. If an `ended` follows, it replaces this reason with a better one.
  if (resumed?.chat !== chat.id) return { ...up, chat: broken(chat) };
  const awayUntil = resumed.partner === "away" ? at + limits.resume_window_s * 1000 : null;
  return { ...up, chat: { ...chat, awayUntil } };
}

function onSearching(state: State, { args, at }: Extract<TimedEvent, { type: "searching" }>): State {
  const { search, chat } = state;
  if (search === null || state.screen === "landing") return state; // it crossed our `leave`
  const since = at - args.since_s * 1000;
  const found = { ...search, since: Math.min(since, search.since), widened: args.widened, retryAt: null, refusal: null };
  // In a chat, our `find` crossed the match, and the server has ended that chat for it.
  return chat?.ended === null ? { ...withoutChat(state, at), screen: "searching", search: found } : { ...state, search: found };
}

function onSearch(state: State, { mode, anyone, at }: Extract<TimedEvent, { type: "search" }>): State {
  const since = state.screen === "searching" ? (state.search?.since ?? at) : at;
  const search = { mode, since, widened: anyone, anyone, retryAt: null, refusal: null };
  return { ...withoutChat(state, at), screen: "searching", search, notice: null };
}

function onRefused(state: State, { code, retryInMs, at }: Extract<TimedEvent, { type: "refused" }>): State {
  if (state.search === null || state.screen !== "searching") return state;
  if (retryInMs === null) return { ...state, screen: "landing", search: null, notice: { code } };
  return { ...state, search: { ...state.search, refusal: code, retryAt: at + retryInMs } };
}

function onTrouble(state: State, { trouble, at }: Extract<TimedEvent, { type: "trouble" }>): State {
  const tries = state.connection.tries + 1;
  if (trouble.kind === "outdated") return { ...state, connection: { phase: "outdated", retryAt: null, code: "version", tries } };
  const connection = { phase: "lost", retryAt: at + trouble.retryInMs, code: trouble.code, tries } as const;
  const chat = state.chat && { ...state.chat, typingUntil: null };
  return { ...state, online: null, connection, chat };
}

function onTick(state: State, { at }: Extract<TimedEvent, { type: "tick" }>): State {
  const expired = (until: number | null | undefined) => until != null && until <= at;
  const chat = state.chat && (expired(state.chat.typingUntil) ? { ...state.chat, typingUntil: null } : state.chat);
  const confirmUntil = expired(state.confirmUntil) ? null : state.confirmUntil;
  return { ...state, now: at, chat, last: lastAt(state.last, at), confirmUntil };
}

function withoutChat(state: State, at: number): State {
  const leftChat = state.chat?.id ?? state.leftChat;
  return { ...state, chat: null, leftChat, last: lastOfLeft(state, at), confirmUntil: null, unseen: false };
}
