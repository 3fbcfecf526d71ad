// What a key does in a chat and in a search. Single keys can be switched off (WCAG 2.1.4); Esc is none of them.

export type KeyAct = "escape" | "mic" | "cam" | "next" | "report" | "help";

/** The part of a KeyboardEvent that counts. */
export type Key = Pick<KeyboardEvent, "key" | "keyCode" | "repeat" | "isComposing" | "ctrlKey" | "metaKey" | "altKey" | "defaultPrevented">;

const SINGLE: Readonly<Record<string, KeyAct>> = { m: "mic", v: "cam", n: "next", r: "report", "?": "help" };
const COMPOSING = 229; // Safari says only so that a key belongs to a composition (UI Events, "keyCode")
/** Where a letter already means something. */
const TAKES_LETTERS = "input, textarea, select, [contenteditable], [role=menu] *, [role=listbox] *";
/** What Esc closes by itself. */
const IN_FRONT = knowsPopovers() ? "dialog[open], :popover-open" : "dialog[open]";

/** What this key is to do, or null. `typing`: a letter would be written or would choose something. */
export function actOf(event: Key, typing: boolean, shortcuts: boolean): KeyAct | null {
  if (event.isComposing || event.keyCode === COMPOSING || event.defaultPrevented || event.repeat) return null;
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === "Escape") return "escape";
  return typing || !shortcuts ? null : (SINGLE[event.key.toLowerCase()] ?? null);
}

/** The same for an event of the page: null while something lies in front of it. */
export function actOn(event: KeyboardEvent, shortcuts: boolean): KeyAct | null {
  if (document.querySelector(IN_FRONT) !== null || document.fullscreenElement !== null) return null;
  const { target } = event;
  return actOf(event, target instanceof Element && target.closest(TAKES_LETTERS) !== null, shortcuts);
}

function knowsPopovers(): boolean {
  return typeof CSS !== "undefined" && CSS.supports("selector(:popover-open)");
}
