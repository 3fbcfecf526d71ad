// How loud our microphone is. The sound is only measured: nothing is kept or sent.

const EVERY_MS = 80; // quick enough to look alive
const FLOOR_DB = -55; // a quiet room
const FULL_DB = -12; // somebody who speaks up
/** Louder than a quiet room; arbitrary. */
export const HEARD_LEVEL = 0.35;

/** Calls `told` with the level from 0 to 1, about twelve times a second. Returns what ends it. */
export function followLevel(stream: MediaStream, told: (level: number) => void): () => void {
  const context = new AudioContext();
  const ear = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(ear);
  void context.resume().catch(() => undefined);
  const samples = new Float32Array(ear.fftSize);
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    told(levelOf(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    void context.close().catch(() => undefined);
  };
}

/** The level of some samples between -1 and 1: 0 in a quiet room, 1 for somebody who speaks up. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at++) sum += (samples[at] ?? 0) ** 2;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-9);
  return Math.min(1, Math.max(0, (decibels - FLOOR_DB) / (FULL_DB - FLOOR_DB)));
}
