// How good a call is, from two looks at its statistics (W3C webrtc-stats). Pure. It stays on this device.

/** What one look told. Counters grow from the beginning of the call; null: not told. */
export interface Sample {
  readonly received: number;
  readonly lost: number;
  readonly jitterS: number | null;
  /** The part of our packets that the partner missed lately, from 0 to 1. */
  readonly sentLoss: number | null;
  readonly rttS: number | null;
  readonly relayed: boolean;
  /** What the browser believes our way out can carry. */
  readonly availableBps: number | null;
}

/** Where a weakness is. `way`: between the two, or on both sides at once. */
export type Weakness = "yours" | "theirs" | "relay" | "way";
export type Bars = 0 | 1 | 2 | 3 | 4;
/** For the page: four bars are good. A cause is told from two bars down. */
export interface Quality {
  readonly bars: Bars;
  readonly cause: Weakness | null;
}

// From which figure on there is a bar less. Voice suffers from ITU-T G.114's 400 ms both ways; the rest is arbitrary.
const LOSS_STEPS = [0.01, 0.03, 0.08, 0.2];
const RTT_STEPS_S = [0.2, 0.4, 0.7, 1.2];
const JITTER_STEPS_S = [0.05, 0.1, 0.2, 0.4];
const WEAK: Bars = 2;

/** How the call went between the two looks. */
export function qualityOf(before: Sample, now: Sample): Quality {
  const coming = lower(barsOf(lossOf(before, now), LOSS_STEPS), barsOf(now.jitterS, JITTER_STEPS_S));
  const going = barsOf(now.sentLoss, LOSS_STEPS);
  const long = barsOf(now.rttS, RTT_STEPS_S);
  const bars = lower(coming, lower(going, long));
  return { bars, cause: bars > WEAK ? null : causeOf(coming, going, now.relayed) };
}

/** Loss on one way alone is told as that side's. A long way is the relay's, if there is one. */
function causeOf(coming: Bars, going: Bars, relayed: boolean): Weakness {
  if (coming <= WEAK && going <= WEAK) return "way";
  if (going <= WEAK) return "yours";
  if (coming <= WEAK) return "theirs";
  return relayed ? "relay" : "way";
}

/** The part of the partner's packets that did not come since the first look; null if none was to come. */
function lossOf(before: Sample, now: Sample): number | null {
  const lost = Math.max(0, now.lost - before.lost); // late packets can lower the counter
  const all = lost + Math.max(0, now.received - before.received);
  return all === 0 ? null : lost / all;
}

function barsOf(figure: number | null, steps: readonly number[]): Bars {
  return figure === null ? 4 : ((4 - steps.filter((step) => figure >= step).length) as Bars);
}

function lower(one: Bars, two: Bars): Bars {
  return one < two ? one : two;
}

type Row = Readonly<Record<string, unknown>>;

/** A look at the statistics of a peer connection. */
export function sampleOf(rows: readonly Row[]): Sample {
  const of = (type: string) => rows.filter((row) => row["type"] === type);
  const coming = of("inbound-rtp");
  const going = of("remote-inbound-rtp");
  const pair = selectedOf(rows);
  return {
    received: sum(coming, "packetsReceived"),
    lost: sum(coming, "packetsLost"),
    jitterS: most(coming, "jitter"),
    sentLoss: most(going, "fractionLost"),
    rttS: figure(pair, "currentRoundTripTime") ?? most(going, "roundTripTime"),
    relayed: ["localCandidateId", "remoteCandidateId"].some((side) => rows.some((row) => row["id"] === pair?.[side] && row["candidateType"] === "relay")),
    availableBps: figure(pair, "availableOutgoingBitrate"),
  };
}

/** The pair of candidates in use. Firefox marks it, Chromium names it in the transport. */
function selectedOf(rows: readonly Row[]): Row | undefined {
  const named = rows.find((row) => row["type"] === "transport" && typeof row["selectedCandidatePairId"] === "string");
  return rows.find((row) => row["type"] === "candidate-pair" && (named === undefined ? row["selected"] === true : row["id"] === named["selectedCandidatePairId"]));
}

function figure(row: Row | undefined, name: string): number | null {
  const value = row?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function sum(rows: readonly Row[], name: string): number {
  return rows.reduce((all, row) => all + (figure(row, name) ?? 0), 0);
}

function most(rows: readonly Row[], name: string): number | null {
  const figures = rows.map((row) => figure(row, name)).filter((value) => value !== null);
  return figures.length === 0 ? null : Math.max(...figures);
}
