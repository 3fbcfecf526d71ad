// The one reducer: a table with a function for each event. A function that changes nothing returns the same state.

import type { TimedEvent } from "./events.ts";
import { START, type State } from "./model.ts";
import { lastOfLeft, lastOfStopped, lastOfWelcomed, onAgain, onAgainReply } from "./last.ts";
import {
  absence,
  broken,
  onAdvertClosed,
  onAlike,
  onCompared,
  onDelivery,
  onEnded,
  onHeardStep,
  onMatched,
  onPageLeft,
  onPartner,
  onRefuseStep,
  onReported,
  onSealed,
  onSayStep,
  onSealFault,
  onText,
  onTyping,
  onUnfold,
  onWrite,
  onYourself,
  partOfChat,
} from "./chat.ts";
import { onConfirm } from "./next.ts";
import { autoAt, onStay } from "./auto.ts";
import { onReact } from "./reactions.ts";
import { partedOf } from "./parted.ts";
import { onPaused, pauseOfWelcome, toPause } from "./pause.ts";
import { onTick } from "./tick.ts";
import { onOriginal, onTranslate, onTranslateAnswer, onTranslated, onTranslator, withoutTexts } from "./translation.ts";

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
  paused: onPaused,

  connecting: (state) => ({ ...state, connection: { ...state.connection, phase: "connecting", retryAt: null } }),
  trouble: onTrouble,

  text: onText,
  partner_media: (state, { chat, media }) => partOfChat(state, chat, { partnerMedia: media }),
  heard_step: onHeardStep,
  react: onReact,

  sealed: onSealed,
  compared: onCompared,
  seal_fault: onSealFault,

  call: (state, { chat, phase }) => partOfChat(state, chat, { call: phase, quality: null, ...(!isCalling(phase) && { route: null }) }),
  route: (state, { chat, route }) => partOfChat(state, chat, { route }),
  quality: (state, { chat, quality }) => partOfChat(state, chat, { quality }),
  media: (state, { media }) => ({ ...state, media: { ...state.media, ...media } }),
  gear: (state, { gear }) => ({ ...state, gear: { ...state.gear, ...gear } }),
  no_device: (state) => (state.screen === "preparing" ? { ...state, screen: "device" } : state),

  wish: (state, { wish }) => ({ ...state, wish: { ...state.wish, ...wish } }),
  settings: (state, { settings }) => ({ ...state, settings: { ...state.settings, ...settings } }),
  picture: (state, { on }) => (state.picture === on ? state : { ...state, picture: on }),
  entry: (state, { entry }) => ({ ...state, entry: { ...state.entry, ...entry } }),
  bring: (state, { bring }) => ({ ...state, bring }),
  preview: (state, { on }) => ({ ...state, previewing: on }),
  prepare: (state) => ({ ...state, screen: "preparing", notice: null }),
  search: onSearch,
  stop: (state, { at }) => ({ ...withoutChat(state, at), screen: "landing", search: null, notice: null, last: lastOfStopped(state, at) }),
  panic: onPanic,
  again: onAgain,
  write: onWrite,
  unfold: onUnfold,
  advert_closed: onAdvertClosed,
  reported: onReported,
  translate: onTranslate,
  translate_answer: onTranslateAnswer,
  original: onOriginal,
  confirm: onConfirm,
  stay: onStay,
  say_step: onSayStep,
  refuse_step: onRefuseStep,
  shown: (state, { shown }) => (shown === state.shown && state.unseen === 0 ? state : { ...state, shown, unseen: shown ? 0 : state.unseen }),

  refused: onRefused,
  again_reply: onAgainReply,
  alike: onAlike,
  delivery: onDelivery,
  translator: onTranslator,
  translated: onTranslated,
  notice: (state, { notice }) => ({ ...state, notice }),
  hidden_news: (state) => ({ ...state, unseen: state.unseen + 1 }),
  page_left: onPageLeft,
  yourself: onYourself,
  tick: onTick,
};

/** Its last way is still the one that it had. */
function isCalling(phase: string): boolean {
  return phase === "connected" || phase === "reconnecting";
}

/** The state after the event. */
export function update(state: State, event: TimedEvent): State {
  const row = ROWS[event.type] as (state: State, event: TimedEvent) => State;
  const next = row(state, event);
  return next === state ? state : { ...next, now: event.at, auto: autoAt(next, event.at) };
}

/** The state of a page that has just opened. `at` is in milliseconds. */
export function first(at: number): State {
  return { ...START, now: at };
}

function onWelcome(state: State, { args, at }: Extract<TimedEvent, { type: "welcome" }>): State {
  const { online, server, limits, resumed, relay } = args;
  const connection = { phase: "up", retryAt: null, code: null, tries: 0, lostSince: null } as const;
  const parted = resumed === null ? null : state.parted; // a new session has no last chat to report
  const { pause, notice, last } = pauseOfWelcome(state, args.paused, at);
  const up: State = { ...state, pause, notice, online, server, limits, relay, connection, last: lastOfWelcomed(last, resumed), parted };
  const { chat } = state;
  if (chat === null || chat.ended !== null) return up;
  // The chat is gone. If an `ended` follows, it replaces this reason with a better one.
  if (resumed?.chat !== chat.id) return { ...up, chat: broken(chat, at) };
  return { ...up, chat: { ...chat, ...absence(up, chat, resumed.partner === "away", at) } };
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

/** Everything of the chat and of the search goes from the screen; only a report of the partner stays possible. */
function onPanic(state: State, { at }: Extract<TimedEvent, { type: "panic" }>): State {
  return { ...withoutChat(state, at), screen: "gone", search: null, notice: null, last: null };
}

function onRefused(state: State, { code, retryInMs, pause: told = null, at }: Extract<TimedEvent, { type: "refused" }>): State {
  const pause = told === null ? state.pause : toPause(told, at);
  if (state.search === null || state.screen !== "searching") return { ...state, pause };
  if (told !== null) return { ...state, screen: "landing", search: null, notice: null, pause };
  if (retryInMs === null) return { ...state, screen: "landing", search: null, notice: { code } };
  return { ...state, search: { ...state.search, refusal: code, retryAt: at + retryInMs } };
}

function onTrouble(state: State, { trouble, at }: Extract<TimedEvent, { type: "trouble" }>): State {
  const tries = state.connection.tries + 1;
  const lostSince = state.connection.lostSince ?? at;
  if (trouble.kind === "outdated") return { ...state, connection: { phase: "outdated", retryAt: null, code: "version", tries, lostSince } };
  const connection = { phase: "lost", retryAt: at + trouble.retryInMs, code: trouble.code, tries, lostSince } as const;
  if (trouble.pause !== undefined) return { ...withoutChat(state, at), screen: "landing", search: null, online: null, connection, notice: null, pause: toPause(trouble.pause, at), last: null };
  const chat = state.chat && { ...state.chat, typingUntil: null };
  return { ...state, online: null, connection, chat };
}

function withoutChat(state: State, at: number): State {
  const leftChat = state.chat?.id ?? state.leftChat;
  return { ...state, chat: null, translations: withoutTexts(state.translations), leftChat, last: lastOfLeft(state, at), parted: partedOf(state, at), confirm: null, unseen: 0 };
}
