// Soft notes, made here: there is no file, and nothing is fetched.

const RISE_S = 0.02; // no click at the beginning, nor at the end

/** How notes are played: one each `everyS`, which fades within `fadeS`; `loudness` is up to 1. */
export interface Manner {
  readonly everyS: number;
  readonly fadeS: number;
  readonly loudness: number;
}

/** Plays notes, in hertz, one after the other from now on. Resolves when the last one has faded. */
export async function play(context: AudioContext, out: AudioNode, notes: readonly number[], manner: Manner): Promise<void> {
  const { currentTime } = context;
  await Promise.all(notes.map((frequency, index) => note(context, out, frequency, currentTime + index * manner.everyS, manner)));
}

function note(context: AudioContext, out: AudioNode, frequency: number, at: number, { fadeS, loudness }: Manner): Promise<unknown> {
  const tone = new OscillatorNode(context, { frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + RISE_S);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + fadeS);
  tone.connect(gain).connect(out);
  tone.start(at);
  tone.stop(at + fadeS);
  return new Promise((done) => (tone.onended = done));
}
