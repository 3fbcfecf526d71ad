// How much of our picture we send, by what arrives of it. Pure: one figure, moved a little at each look.

/** What a look at the connection told. Null: nobody has told yet. */
export interface Arrival {
  /** The part of our packets that did not arrive, from 0 to 1. */
  readonly loss: number | null;
  /** What the browser believes the way can carry, in bits a second. */
  readonly available: number | null;
}

/** The limits of one sender (RTCRtpEncodingParameters). */
export interface Sending {
  readonly maxBitrate: number;
  readonly maxFramerate: number;
  readonly scaleResolutionDownBy: number;
}

const MOST_BPS = 2_000_000; // 720p of a face that talks; more is not seen
export const START_BPS = MOST_BPS; // the browser itself begins with less, and tries how much the way carries
const SAVER_MOST_BPS = 220_000; // about 100 MB an hour
const LEAST_BPS = 80_000; // a picture that still moves
const HALF_BELOW_BPS = 450_000; // half the width and height look better then than blocks
const QUARTER_BELOW_BPS = 150_000;
// As in Google's congestion control (draft-ietf-rmcat-gcc): down over a loss of 10 %, up under 2 % (section 6), and up by
// 8 % a second (section 5.5); we look every two.
const LOSS_DOWN = 0.1;
const LOSS_UP = 0.02;
const GROWTH = 1.08 ** 2;
const STEP_MOST = 2; // at one look: to half or to twice as much, whatever the browser believes
// Each time a limit is set, Firefox (153) stops the partner's picture and waits for a whole one: no small change is worth that.
const WORTH_LESS = 0.9;
const WORTH_MORE = 1.25;

/** The next figure, in bits a second. It follows what the browser believes; where none tells, it falls at once and grows slowly. */
export function nextBitrate(bps: number, { loss, available }: Arrival, saver: boolean): number {
  const isClean = loss !== null && loss < LOSS_UP;
  const moved = loss !== null && loss > LOSS_DOWN ? bps * (1 - loss / 2) : isClean ? bps * GROWTH : bps;
  const most = isClean ? bps * STEP_MOST : moved;
  const carried = available === null ? moved : Math.min(Math.max(available, bps / STEP_MOST), most);
  return Math.round(Math.min(Math.max(carried, LEAST_BPS), saver ? SAVER_MOST_BPS : MOST_BPS));
}

/** Whether a sender that is held to `now` bits a second, undefined: to none, should be held to `next`. */
export function isWorthSetting(now: number | undefined, next: number): boolean {
  return now === undefined || next <= now * WORTH_LESS || next >= now * WORTH_MORE;
}

/** The limits for this figure. */
export function sendingOf(bps: number, saver: boolean): Sending {
  const scale = bps < QUARTER_BELOW_BPS ? 4 : bps < HALF_BELOW_BPS || saver ? 2 : 1;
  return { maxBitrate: bps, maxFramerate: saver ? 15 : 30, scaleResolutionDownBy: scale };
}
