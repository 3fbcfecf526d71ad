// Time passes in the state: what has expired goes.

import type { TimedEvent } from "./events.ts";
import { broken, chatAt, isGivenUp } from "./chat.ts";
import { lastAt } from "./last.ts";
import { REPORT_WINDOW_MS, type State } from "./model.ts";
import { partedAt } from "./parted.ts";
import { pauseAt } from "./pause.ts";
import { areStepsCounting } from "./steps.ts";
import { opensSoon } from "./trust.ts";

/** The state at the event's time. */
export function onTick(state: State, { at }: Extract<TimedEvent, { type: "tick" }>): State {
  const chat = state.chat && chatAt(state.chat, at);
  return {
    ...state,
    ...pauseAt(state, at),
    now: at,
    chat: chat?.ended === null && isGivenUp(state, at) ? broken(chat, at) : chat,
    last: lastAt(state.last, at),
    parted: partedAt(state.parted, at),
    confirm: state.confirm !== null && state.confirm.until <= at ? null : state.confirm,
  };
}

/** Whether something on the page counts or expires, so that `tick` is needed. */
export function isCounting({ search, chat, last, parted, pause, confirm, auto, connection, now }: State): boolean {
  const waiting =
    chat !== null &&
    (chat.typingUntil !== null || chat.awayUntil !== null || connection.lostSince !== null || areStepsCounting(chat.steps, now) || opensSoon(chat) || chat.reactions.length > 0);
  const reportable = chat !== null && chat.endedAt !== null && now <= chat.endedAt + REPORT_WINDOW_MS;
  const until = [confirm, auto, connection.retryAt, pause?.until ?? null];
  return search !== null || waiting || reportable || last !== null || parted !== null || until.some((each) => each !== null);
}
