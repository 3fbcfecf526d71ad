// Which text says what a test of /check has found, and what to do about it.

import type { Row, RowName, Why } from "../check/rows.ts";
import type { Key } from "../words/text.ts";
import { helpFor } from "./faults.ts";

/** The texts without a hole: those that /check shows. */
export type Plain = Extract<Key, `check.${string}` | `fault.${string}` | "landing.insecure" | "landing.noseal">;
type Says = Readonly<Partial<Record<Why, Plain>>>;

/** Why a browser gives no device. */
const FAULTS = ["denied", "missing", "busy", "insecure", "unsupported", "unknown"] as const;
const device = (kind: "cam" | "mic"): Says => Object.fromEntries(FAULTS.map((fault) => [fault, `fault.${kind}.${fault}`]));
const PATH: Says = { nocalls: "check.nocalls", unknown: "check.untested", busy: "check.limited", refused: "check.turn.refused" };
const RELAY: Says = { ...PATH, good: "check.turn.good", bad: "check.turn.bad", none: "check.turn.way.none" };

const SAYS: Readonly<Record<RowName, Says>> = {
  browser: { good: "check.browser.good", nocalls: "check.browser.nocalls", noseal: "landing.noseal", insecure: "landing.insecure" },
  websocket: { good: "check.websocket.good", bad: "check.websocket.bad", busy: "check.busy" },
  polling: { good: "check.polling.good", bad: "check.polling.bad", busy: "check.busy" },
  stun: { ...PATH, good: "check.stun.good", bad: "check.stun.bad", none: "check.stun.none" },
  turn: { ...RELAY, none: "check.turn.none" },
  turn_tcp: RELAY,
  turn_tls: RELAY,
  hide: { ...PATH, good: "check.hide.good", bad: "check.hide.bad", none: "check.hide.none" },
  camera: { ...device("cam"), good: "check.camera.good" },
  microphone: { ...device("mic"), good: "check.microphone.good", quiet: "check.microphone.quiet" },
  speaker: { good: "check.speaker.good", bad: "check.speaker.bad", unsupported: "check.speaker.bad", unknown: "check.speaker.bad" },
};

/** The text for what was found of a row; null: there is nothing to say. */
export function saysOf(name: RowName, why: Why | null): Plain | null {
  return why === null ? null : (SAYS[name][why] ?? null);
}

/** What to do about a device that the browser does not give; empty for all else, whose text says it. */
export function todoOf(name: RowName, { outcome, why }: Row): string {
  const fault = FAULTS.find((each) => each === why);
  const isDevice = name === "camera" || name === "microphone";
  return isDevice && outcome === "bad" && fault !== undefined ? helpFor(fault) : "";
}
