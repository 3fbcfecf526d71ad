// What keeps the visitor from searching for a while: reports, or the operator (docs/protocol.md, `paused`).

import type { Mode, Pause, PauseReason } from "../contract.ts";
import type { TimedEvent } from "./events.ts";
import type { Notice, PauseState, State } from "./model.ts";

type Of<T extends TimedEvent["type"]> = Extract<TimedEvent, { type: T }>;

/** The notices that say that a pause is over. */
const ENDS: ReadonlySet<string> = new Set<Notice["code"]>(["forgiven", "reopened", "pause_over"]);
const KNOWN = new Set<PauseReason>(["nudity", "minor", "hate", "violence", "spam", "other", "mixed", "blocked", "frozen"]);

/** The pause with its end by our clock. A reason that a newer server may have is shown as `mixed`. */
export function toPause({ reason, open, whose, retry_after_s }: Pause, at: number): PauseState {
  const until = retry_after_s == null ? null : at + retry_after_s * 1000;
  return { reason: KNOWN.has(reason) ? reason : "mixed", open, whose, until };
}

/** Whether the visitor cannot search in this mode now. */
export function isPaused({ pause }: Pick<State, "pause">, mode: Mode): boolean {
  return pause !== null && !pause.open.includes(mode);
}

/** The mode that the current screen is about, if it leads to a chat. */
function modeOf({ screen, search }: State): Mode | null {
  if (screen === "preparing" || screen === "device") return "video";
  return screen === "searching" ? (search?.mode ?? null) : null;
}

/** The operator closed the server, opened it, or forgave. A search or an `again` that is not allowed any more is over. */
export function onPaused(state: State, { pause: told, at }: Of<"paused">): State {
  if (told === null) return state.pause === null ? state : { ...state, ...lifted(state) };
  const paused: State = { ...state, ...pausedParts(state, told, at) };
  const mode = modeOf(state);
  return mode !== null && isPaused(paused, mode) ? { ...paused, screen: "landing", search: null, notice: null } : paused;
}

/** A `welcome` tells the pause anew. Without one, a pause that we knew is lifted. */
export function pauseOfWelcome(state: State, told: Pause | undefined, at: number): Pick<State, "pause" | "notice" | "last"> {
  if (told !== undefined) return pausedParts(state, told, at);
  return state.pause === null ? state : lifted(state);
}

/** The parts of the state that a pause changes: nothing says any more that one is over, and an `again` waits in vain. */
function pausedParts(state: State, told: Pause, at: number): Pick<State, "pause" | "notice" | "last"> {
  const pause = toPause(told, at);
  const { notice, last } = state;
  const waits = last !== null && (last.again === "asking" || last.again === "asked") && !pause.open.includes(last.mode);
  return {
    pause,
    notice: notice !== null && ENDS.has(notice.code) ? null : notice,
    last: waits ? { ...last, again: "offered", refusal: "paused", retryAt: pause.until } : last,
  };
}

/** The parts of the state that change when a pause is lifted. What it had refused may be asked again. */
function lifted({ pause, last }: State): Pick<State, "pause" | "notice" | "last"> {
  const code = pause?.reason === "frozen" ? "reopened" : "forgiven";
  return { pause: null, notice: { code }, last: last?.refusal === "paused" ? { ...last, refusal: null, retryAt: null } : last };
}

/** The pause at this time. Its end is told on the first screen; elsewhere nobody waits for it. */
export function pauseAt({ pause, notice, screen }: State, at: number): Pick<State, "pause" | "notice"> {
  const over = pause !== null && pause.until !== null && pause.until <= at;
  if (!over) return { pause, notice };
  return { pause: null, notice: screen === "landing" ? { code: "pause_over" } : notice };
}
