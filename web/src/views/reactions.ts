// The words of the reactions.

import type { Key } from "../words/text.ts";

const NAMES = ["react.0", "react.1", "react.2", "react.3", "react.4", "react.5"] as const satisfies readonly Key[];

/** The key of a reaction's name. */
export function nameOfReaction(sign: number): (typeof NAMES)[number] {
  return NAMES[sign] ?? "react.0";
}
