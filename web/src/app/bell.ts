// The bell of Web Audio: a gentle sound, made here.

import type { Bell } from "./alerts.ts";

const NOTE_S = 0.16;
const LOUDNESS = 0.06; // of 1

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
    if (context?.state === "running") notes.forEach((hertz, index) => chime(context, hertz, context.currentTime + index * NOTE_S));
  }
}

/** One soft note: it comes quickly and fades. */
function chime(context: AudioContext, hertz: number, at: number): void {
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 3 * NOTE_S);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + 3 * NOTE_S);
}
