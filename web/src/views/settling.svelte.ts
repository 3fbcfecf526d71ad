// Which of the two windows is open that any screen can open, and that outlive it: the settings, or the list of keys.

type Sheet = "settings" | "keys";
const current = $state<{ open: Sheet | null }>({ open: null });

/** Whether the settings are open. */
export function areSettingsOpen(): boolean {
  return current.open === "settings";
}

/** Whether the list of keys is open. */
export function areKeysOpen(): boolean {
  return current.open === "keys";
}

/** Opens or closes the settings. */
export function openSettings(open: boolean): void {
  show("settings", open);
}

/** Opens or closes the list of keys. */
export function openKeys(open: boolean): void {
  show("keys", open);
}

/** A window that closes late does not close the other one. */
function show(sheet: Sheet, open: boolean): void {
  if (open) current.open = sheet;
  else if (current.open === sheet) current.open = null;
}
