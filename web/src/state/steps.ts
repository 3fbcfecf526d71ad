// The consent ladder of a text chat: text, sound, sound and video (docs/blind-relay.md, "Steps"). Pure. Each side says
// what it agrees to; open is the lower of the two words, and never more than the server allows this chat.

import type { Mode, Step } from "../contract.ts";

export const ASKS_MAX = 3; // in one chat, for each side: ours that go out, the partner's that are shown
export const ASK_EVERY_MS = 60_000; // between two asks of one side; also how long ours waits for an answer

/** How often one side has asked, and from when on it may again. */
interface Asks {
  readonly count: number;
  readonly nextAt: number;
}

/** What the two of one chat agree to. */
export interface Steps {
  /** The highest step of this chat, as `matched` told. */
  readonly max: Step;
  /** Our last word. */
  readonly own: Step;
  /** The partner's last word. When we go down it falls with ours: what was said before no longer counts. */
  readonly theirs: Step;
  /** The partner's ask that the page shows, or null. */
  readonly shown: Step | null;
  /** Until when an ask of ours waits for its answer, or null if none does. */
  readonly waitsUntil: number | null;
  readonly ourAsks: Asks;
  readonly theirAsks: Asks;
  /** What the partner did with our ask, or that it went down; null once that is old. */
  readonly news: "declined" | "silent" | "lowered" | null;
}

/** What this file needs to know of a chat. */
interface Climbing {
  readonly mode: Mode;
  readonly steps: Steps;
  readonly ended: unknown;
}

const NO_ASKS: Asks = { count: 0, nextAt: 0 };

/** The ladder of a new chat: nothing is open, and nobody has asked. */
export function newSteps(max: Step): Steps {
  return { max, own: 0, theirs: 0, shown: null, waitsUntil: null, ourAsks: NO_ASKS, theirAsks: NO_ASKS, news: null };
}

/** The step that is open: of a text chat what both agree to, of a video chat all that is allowed. */
export function stepOf({ mode, steps, ended }: Climbing): Step {
  if (mode === "video") return steps.max;
  return ended === null ? openOf(steps) : 0;
}

/** The step that a text chat needs our devices for: what we agree to, also while our ask waits. */
export function wantedOf({ mode, steps, ended }: Climbing): Step {
  return mode === "text" && ended === null ? steps.own : 0;
}

/** Whether we may say this word now. Less than before, and what the partner offers, may be said at any time. */
export function canSay({ max, own, theirs, ourAsks }: Steps, step: Step, at: number): boolean {
  return step <= max && (step <= own || step <= theirs || mayAsk(ourAsks, at));
}

/** We say what we agree to: an ask, a yes, or less than before. A word that may not be said changes nothing. */
export function said(steps: Steps, step: Step, at: number): Steps {
  if (step === steps.own || !canSay(steps, step, at)) return steps;
  if (step < steps.own) return { ...withOwn(steps, step), theirs: lower(steps.theirs, step), news: null };
  const next = { ...withOwn(steps, step), news: null };
  return step <= steps.theirs ? next : { ...next, waitsUntil: at + ASK_EVERY_MS, ourAsks: counted(steps.ourAsks, at) };
}

/** We say no to the ask that is shown. */
export function refused(steps: Steps): Steps {
  return steps.shown === null ? steps : { ...steps, shown: null };
}

/**
 * The partner says what it agrees to. A word below ours takes ours down to it. A word above ours is an ask: with `shows`
 * it is shown, unless there were too many.
 */
export function heard(steps: Steps, word: Step, shows: boolean, at: number): Steps {
  const theirs = lower(word, steps.max);
  if (theirs < steps.own) return { ...withOwn(steps, theirs), theirs, news: newsOf(steps, theirs) };
  const isSame = theirs === steps.theirs;
  if (theirs > steps.own) return asked(isSame ? steps : { ...steps, theirs, waitsUntil: null }, shows, at);
  return isSame && steps.shown === null ? steps : { ...withOwn(steps, steps.own), theirs };
}

/** Whether time will change something: an ask of ours waits, or the next one may soon go out. */
export function areStepsCounting({ waitsUntil, ourAsks }: Steps, at: number): boolean {
  return waitsUntil !== null || at < ourAsks.nextAt;
}

/** Time passes: an ask of ours that nobody answered is taken back. */
export function stepsAt(steps: Steps, at: number): Steps {
  const waits = steps.waitsUntil === null || at < steps.waitsUntil;
  return waits ? steps : { ...withOwn(steps, openOf(steps)), news: "silent" };
}

/** An ask that is shown never grows, so that a partner who keeps changing its mind moves nothing on the screen. */
function asked(steps: Steps, shows: boolean, at: number): Steps {
  const { theirs, shown } = steps;
  if (shown !== null) return shown <= theirs ? steps : { ...steps, shown: theirs };
  if (!shows || !mayAsk(steps.theirAsks, at)) return steps;
  return { ...steps, shown: theirs, news: null, theirAsks: counted(steps.theirAsks, at) };
}

/** What it means that the partner's word is below ours. Null: it agrees to a part of what we asked for. */
function newsOf(steps: Steps, theirs: Step): Steps["news"] {
  const open = openOf(steps);
  if (theirs < open) return "lowered";
  return theirs === open ? "declined" : null;
}

function openOf({ max, own, theirs }: Steps): Step {
  return lower(max, lower(own, theirs));
}

/** Our word, with every question settled. */
function withOwn(steps: Steps, own: Step): Steps {
  return { ...steps, own, shown: null, waitsUntil: null };
}

function mayAsk({ count, nextAt }: Asks, at: number): boolean {
  return count < ASKS_MAX && at >= nextAt;
}

function counted({ count }: Asks, at: number): Asks {
  return { count: count + 1, nextAt: at + ASK_EVERY_MS };
}

function lower(one: Step, two: Step): Step {
  return one < two ? one : two;
}
