// The pause that a refusal tells of: a reply, a `failed`, or a connection that was not let in.

import type { Pause, Refusal } from "../contract.ts";

/** What a refusal can say of a pause. */
export type Telling = Partial<Pick<Refusal, "retry_after_s" | "reason" | "open" | "whose">> & { readonly code?: string | null };

/** The pause, or null if the code is another one. What is left out is taken as the least that it can mean. */
export function pauseOf({ code, retry_after_s, reason, open, whose }: Telling): Pause | null {
  if (code !== "paused") return null;
  return { retry_after_s: retry_after_s ?? null, reason: reason ?? "mixed", open: open ?? [], whose: whose ?? "visit" };
}
