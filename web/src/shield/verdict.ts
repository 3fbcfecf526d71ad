// Whether a partner's picture is covered, from what was seen in one frame after the other. Pure: times are arguments,
// in milliseconds. The figures are of docs/shield.md.

export const CALM_BELOW = 0.25; // 98.4 % of sharp frames of clothed people are
export const ALARM_FROM = 0.5; // none of those frames was
export const CALM_TO_CLEAR = 3;
export const CALM_TO_CLEAR_AFTER_ALARM = 6;
export const MUSH_COVERS_AFTER_MS = 3_000;
export const ALARMS_TO_OFFER_REPORT = 2;
const PROBABILITIES = { porn: 3, hentai: 1, sexy: 4 } as const; // the places of the classes in the model's output

/** What the machine knows of one partner's picture. */
export interface Verdict {
  readonly covered: boolean;
  /** Why it is covered: not seen enough yet, an alarm, or too blurred to tell. */
  readonly why: "new" | "alarm" | "mush";
  /** Calm frames in a row. */
  readonly calm: number;
  /** How often an alarm has covered it. */
  readonly alarms: number;
  /** Since when all frames have been mush, or null. */
  readonly mushSince: number | null;
}

/** The verdict about somebody of whom nothing was seen. */
export const UNSEEN: Verdict = { covered: true, why: "new", calm: 0, alarms: 0, mushSince: null };

/** The risk of one frame, from the five probabilities Drawing, Hentai, Neutral, Porn, Sexy. */
export function riskOf(probabilities: ArrayLike<number>): number {
  const { porn, hentai, sexy } = PROBABILITIES;
  const risk = (probabilities[porn] ?? NaN) + (probabilities[hentai] ?? NaN) + 0.5 * (probabilities[sexy] ?? NaN);
  return Number.isFinite(risk) ? risk : 1; // a model that computes no number clears nobody
}

/** The verdict after one more frame. `risk` is null for mush, or if there was no picture to look at. */
export function judge(verdict: Verdict, risk: number | null, at: number): Verdict {
  if (risk === null) return onMush(verdict, at);
  const sharp = { ...verdict, mushSince: null };
  if (risk >= ALARM_FROM) return onAlarm(sharp);
  return risk < CALM_BELOW ? onCalm(sharp) : { ...sharp, calm: 0 };
}

/** Mush tells nothing: it neither clears nor alarms. But nobody hides behind it for long. */
function onMush(verdict: Verdict, at: number): Verdict {
  const since = verdict.mushSince ?? at;
  if (verdict.covered || at - since < MUSH_COVERS_AFTER_MS) return { ...verdict, mushSince: since };
  return { ...verdict, covered: true, why: "mush", calm: 0, mushSince: since };
}

function onAlarm(verdict: Verdict): Verdict {
  const again = verdict.covered && verdict.why === "alarm";
  return { ...verdict, covered: true, why: "alarm", calm: 0, alarms: verdict.alarms + (again ? 0 : 1) };
}

function onCalm(verdict: Verdict): Verdict {
  const calm = verdict.calm + 1;
  const needed = verdict.alarms > 0 ? CALM_TO_CLEAR_AFTER_ALARM : CALM_TO_CLEAR;
  return { ...verdict, calm, covered: verdict.covered && calm < needed };
}
