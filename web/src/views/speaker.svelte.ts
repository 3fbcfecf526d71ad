// Where the partner's sound comes out: the speaker that the visitor has chosen, in browsers that let a page choose.

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

const NOTES_HZ = [523, 659, 784]; // C, E, G
const NOTE_S = 0.18;

/** Plays three notes through the chosen speaker. They are made here; there is no file. Resolves when they are over. */
export async function playTest(): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = out.stream;
  playThrough(player);
  const over = NOTES_HZ.map((pitch, at) => note(context, out, pitch, context.currentTime + 0.1 + at * NOTE_S));
  try {
    await Promise.all([context.resume(), player.play()]);
    await Promise.all(over);
  } finally {
    player.srcObject = null;
    await context.close();
  }
}

function note(context: AudioContext, out: AudioNode, pitch: number, at: number): Promise<unknown> {
  const tone = new OscillatorNode(context, { frequency: pitch });
  const loudness = new GainNode(context, { gain: 0 });
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.25, at + 0.02); // no click at the beginning, nor at the end
  loudness.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S * 1.6);
  tone.connect(loudness).connect(out);
  tone.start(at);
  tone.stop(at + NOTE_S * 1.7);
  return new Promise((done) => (tone.onended = done));
}
