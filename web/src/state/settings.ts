// What the visitor has chosen for this page, and which choices are kept on the device.

import { parsed } from "./kept.ts";

/** Each choice. docs: src/omefree/words, `settings.*`. */
export interface Settings {
  /** A new partner's picture is covered until the shield has looked at it. */
  readonly shield: boolean;
  /** In a text chat the partner may ask for sound and video. */
  readonly steps: boolean;
  /** Single keys act in a chat: M, V and the others that `?` shows (WCAG 2.1.4). Esc and Enter always do. */
  readonly shortcuts: boolean;
  /** The next search begins by itself after a chat that the partner ended. */
  readonly autoNext: boolean;
  /** A sound when something happens while the page is hidden. */
  readonly sounds: boolean;
  /** The title and the icon show that something happened while the page was hidden. */
  readonly badge: boolean;
  /** The browser checks spelling, which in some browsers sends what is written to its maker. */
  readonly spelling: boolean;
  /** Less data: we send a small picture at few frames. */
  readonly saver: boolean;
  /** The background of our picture is blurred, where the browser can. */
  readonly blur: boolean;
  /** Noise around our microphone is taken away, where the browser can. */
  readonly noise: boolean;
}

export const SETTINGS: Settings = {
  shield: true,
  steps: true,
  shortcuts: true,
  autoNext: false,
  sounds: true,
  badge: true,
  spelling: false,
  saver: false,
  blur: false,
  noise: true,
};

/** What is kept: all but the two that protect the visitor, which begin anew with each page. */
const KEPT = ["shortcuts", "autoNext", "sounds", "badge", "spelling", "saver", "blur", "noise"] as const satisfies readonly (keyof Settings)[];

/** The settings of a page that opens, from what was kept. What is unknown or no boolean is ignored. */
export function settingsOf(kept: string | null): Settings {
  const told = parsed(kept);
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, usual]) => {
      const value: unknown = (KEPT as readonly string[]).includes(name) ? told[name] : undefined;
      return [name, typeof value === "boolean" ? value : usual];
    }),
  ) as unknown as Settings;
}

/** What to keep of these settings: those that differ from the usual, or null if none does. */
export function keptOf(settings: Settings): string | null {
  const changed = KEPT.filter((name) => settings[name] !== SETTINGS[name]);
  return changed.length === 0 ? null : JSON.stringify(Object.fromEntries(changed.map((name) => [name, settings[name]])));
}
