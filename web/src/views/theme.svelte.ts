// The colour theme, remembered by this browser. `auto` follows the system and is not stored.

import { store, stored } from "../stored.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const current = $state({ theme: THEMES.find((theme) => theme === stored("theme")) ?? "auto" });

/** The chosen theme. */
export function theme(): Theme {
  return current.theme;
}

/** Changes the theme and remembers it. */
export function setTheme(theme: Theme): void {
  current.theme = theme;
  store("theme", theme === "auto" ? null : theme);
}
