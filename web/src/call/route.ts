// The way that a call goes, read from the pair of candidates that the browser has chosen (W3C webrtc-stats). It is what
// the page may say of addresses, since wishes and policies only say what was meant.

/** An end of the way: a TURN relay's address, or the visitor's own. */
export type End = "relay" | "direct";
/** Both ends. A partner sees our address unless our own end is a relay's. */
export interface Route {
  readonly mine: End;
  readonly theirs: End;
}

const LOOK_EVERY_MS = 3_000; // Firefox has no event for another pair; arbitrary

interface Row {
  readonly type: string;
  readonly id: string;
  readonly selected?: boolean; // Firefox alone
  readonly selectedCandidatePairId?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: string;
}

/** The way of the chosen pair; null: none is chosen, or this browser does not tell. */
export function routeOf(rows: ReadonlyMap<string, unknown>): Route | null {
  const all = rows as ReadonlyMap<string, Row>;
  const pair = chosenOf(all);
  const mine = all.get(pair?.localCandidateId ?? "")?.candidateType;
  const theirs = all.get(pair?.remoteCandidateId ?? "")?.candidateType;
  return mine === undefined || theirs === undefined ? null : { mine: endOf(mine), theirs: endOf(theirs) };
}

function chosenOf(rows: ReadonlyMap<string, Row>): Row | undefined {
  const each = [...rows.values()];
  const named = each.find(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId !== undefined);
  return named === undefined ? each.find(({ type, selected }) => type === "candidate-pair" && selected === true) : rows.get(named.selectedCandidatePairId ?? "");
}

/** Only a candidate of the type `relay` is a relay's: `prflx` is an address that the other side saw, perhaps our own. */
function endOf(candidateType: string): End {
  return candidateType === "relay" ? "relay" : "direct";
}

/** Tells the way of a call that is connected, and each other way that it takes later. */
export class RouteWatch {
  private known: Route | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly peer: Pick<RTCPeerConnection, "getStats">,
    private readonly tell: (route: Route) => void,
  ) {}

  /** Looks now, and again from time to time. */
  start(): void {
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    const rows = await this.peer.getStats().catch(() => null);
    const route = rows === null || this.timer === undefined ? null : routeOf(rows as ReadonlyMap<string, unknown>);
    if (route === null || (route.mine === this.known?.mine && route.theirs === this.known.theirs)) return;
    this.known = route;
    this.tell(route);
  }
}
