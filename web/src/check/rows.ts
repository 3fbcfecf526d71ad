// What /check tests, and the text for a support mail. Pure.

import type { DeviceFault } from "../call/request.ts";

/** Each thing that is tested, in the order of the page. */
export const ROWS = ["browser", "websocket", "polling", "stun", "turn", "turn_tcp", "turn_tls", "hide", "camera", "microphone", "speaker"] as const;
export type RowName = (typeof ROWS)[number];
/** `waiting`: not tested yet. `none`: this server or this browser does not offer it. */
export type Outcome = "waiting" | "running" | "good" | "bad" | "none";
/** What there is to say of an outcome. */
export type Why = DeviceFault | "good" | "bad" | "none" | "refused" | "quiet" | "noseal" | "nocalls";

export interface Row {
  readonly outcome: Outcome;
  /** Null while there is nothing to say. */
  readonly why: Why | null;
}
export type Rows = Readonly<Record<RowName, Row>>;

const WAITING: Row = { outcome: "waiting", why: null };

/** The rows before the first test. */
export function untested(): Rows {
  return Object.fromEntries(ROWS.map((name) => [name, WAITING])) as Record<RowName, Row>;
}

/** Whether an address can be hidden from here, by what the rows of the relay say. Null: they do not say yet. */
export function hiding(rows: Rows): Row | null {
  const relays = [rows.turn, rows.turn_tcp, rows.turn_tls];
  if (rows.browser.why === "nocalls") return { outcome: "none", why: "nocalls" };
  if (relays.some(({ outcome }) => outcome === "good")) return { outcome: "good", why: "good" };
  if (relays.some(({ outcome }) => outcome === "waiting" || outcome === "running")) return null;
  if (relays.some(({ outcome }) => outcome === "bad")) return { outcome: "bad", why: "bad" };
  return relays.some(({ why }) => why === "busy") ? { outcome: "none", why: "busy" } : { outcome: "none", why: "none" };
}

/** What the mail says besides the rows. `server` is null if none answered. */
export interface About {
  readonly server: string | null;
  readonly browser: string;
  readonly lang: string;
  readonly secure: boolean;
}

/** The text for a support mail, in plain codes, which every operator reads. It has no address, no candidate, no token. */
export function mailOf({ server, browser, lang, secure }: About, rows: Rows): string {
  const head = ["OmeFree /check", `server: ${server ?? "no answer"}`, `browser: ${browser}`, `language: ${lang}`, `https: ${secure ? "yes" : "no"}`];
  const each = ROWS.map((name) => {
    const { outcome, why } = rows[name];
    return `${name}: ${outcome}${why === null || why === outcome ? "" : ` (${why})`}`;
  });
  return [...head, ...each].join("\n");
}

// The first that fits: each later one's name stands in the earlier ones' texts, too.
const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ["Edge", /Edg(?:e|A|iOS)?\/(\d+)/],
  ["Opera", /OPR\/(\d+)/],
  ["Samsung Internet", /SamsungBrowser\/(\d+)/],
  ["Firefox", /(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /(?:Chrome|CriOS|HeadlessChrome)\/(\d+)/],
  ["Safari", /Version\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari/],
];

/** The browser's name and main version, out of its User-Agent: no more of it is told. */
export function browserOf(userAgent: string): string {
  for (const [name, version] of BROWSERS) {
    const found = version.exec(userAgent)?.[1];
    if (found !== undefined) return `${name} ${found}`;
  }
  return "another";
}
