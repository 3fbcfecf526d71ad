// The bell of Web Audio: a gentle sound, made here.

import { type Manner, play } from "../sound/notes.ts";
import type { Bell } from "./alerts.ts";

const SOFT: Manner = { everyS: 0.16, fadeS: 0.48, loudness: 0.06 };

/** Rings once a gesture of the visitor has let the browser make sounds. */
export class WebBell implements Bell {
  private context: AudioContext | null = null;

  wake(): void {
    if (typeof AudioContext === "undefined") return;
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") void this.context.resume().catch(() => undefined);
  }

  ring(notes: readonly number[]): void {
    const { context } = this;
    if (context?.state === "running") void play(context, context.destination, notes, SOFT);
  }
}
