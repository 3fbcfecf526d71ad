// Next: it sleeps after a match, and single keys ask first.

import type { TimedEvent } from "./events.ts";
import { type Chat, CONFIRM_EXPIRES_MS, type State } from "./model.ts";

export const NEXT_SLEEPS_MS = 1_000; // longer than any double click; who was just met is to be seen

/** Whether Next does nothing yet: a second press was meant for the one before. */
export function isNextAsleep(chat: Chat, at: number): boolean {
  return at - chat.begunAt < NEXT_SLEEPS_MS;
}

/** A key asks whether to stop, or to go on to the next person; pressed again soon, it does. */
export function onConfirm(state: State, { what, at }: Extract<TimedEvent, { type: "confirm" }>): State {
  return { ...state, confirm: { what, until: at + CONFIRM_EXPIRES_MS } };
}
