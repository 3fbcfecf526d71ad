// The colour theme, remembered by this browser. `auto` follows the system and is not stored.

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const STORAGE_KEY = "omefree.theme";

const current = $state({ theme: remembered() });

function remembered(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(STORAGE_KEY)) ?? "auto";
  } catch {
    return "auto"; // storage can be forbidden
  }
}

/** The chosen theme. */
export function theme(): Theme {
  return current.theme;
}

/** Changes the theme and remembers it. */
export function setTheme(theme: Theme): void {
  current.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // storage can be forbidden: the choice then lasts as long as the page
  }
}
