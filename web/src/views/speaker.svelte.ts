// Where the partner's sound comes out: the speaker that the visitor has chosen, in browsers that let a page choose.

import { type Manner, play } from "../sound/notes.ts";

const current = $state<{ id: string | null }>({ id: null });

/** Whether this browser lets a page choose. */
export const canChooseSpeaker = typeof HTMLMediaElement === "function" && "setSinkId" in HTMLMediaElement.prototype;

/** Takes the visitor's choice; null leaves it to the browser. */
export function useSpeaker(id: string | null): void {
  current.id = id;
}

/** Sends an element's sound there, now. Called in an effect, so that a new choice is followed. A speaker that has gone leaves it as it was. */
export function playThrough(element: HTMLMediaElement): void {
  const id = current.id ?? "";
  if (canChooseSpeaker && element.sinkId !== id) void element.setSinkId(id).catch(() => undefined);
}

const NOTES_HZ = [523, 659, 784]; // C, E, G: nobody takes them for an alarm
const CLEAR: Manner = { everyS: 0.18, fadeS: 0.3, loudness: 0.25 };

/** Plays three notes through the chosen speaker. Resolves when they are over; rejects if this browser has no sound. */
export async function playTest(): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = out.stream;
  playThrough(player);
  try {
    await Promise.all([context.resume(), player.play()]);
    await play(context, out, NOTES_HZ, CLEAR);
  } finally {
    player.srcObject = null;
    await context.close();
  }
}
