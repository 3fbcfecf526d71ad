// The outlines of the icons that are here by now.

import { outlines as first } from "virtual:icons/first";

let here: Readonly<Record<string, string>> = $state.raw(first);

/** The `d` of the icon's path; empty while it is not loaded. */
export function outlineOf(name: string): string {
  return here[name] ?? "";
}

/** Called by a part that was loaded later and brings its icons. */
export function bring(outlines: Readonly<Record<string, string>>): void {
  here = { ...here, ...outlines };
}
