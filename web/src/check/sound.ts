// How loud the microphone is, and a sound to hear the speaker by. Nothing is recorded.

const LOOK_EVERY_MS = 80; // often enough for the eye
const TONES_HZ = [523.25, 659.25, 783.99]; // C, E, G: nobody takes them for an alarm
const TONE_S = 0.22;

/** Tells how loud a microphone is, from 0 to 1, until it is stopped. */
export class Meter {
  private readonly context = new AudioContext();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(stream: MediaStream, tell: (level: number) => void) {
    const analyser = this.context.createAnalyser();
    const samples = new Float32Array(analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(analyser);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      tell(levelOf(samples));
    }, LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    void this.context.close();
  }
}

/** The loudness of samples from -1 to 1, on a scale where speech fills about half. */
export function levelOf(samples: Float32Array): number {
  const mean = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
  return Math.min(1, Math.sqrt(mean) * 4);
}

/** Plays three soft tones. Resolves when they are over; rejects if this browser has no sound. */
export async function playTestSound(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  const loudness = context.createGain();
  loudness.gain.value = 0.25;
  loudness.connect(context.destination);
  TONES_HZ.forEach((frequency, at) => tone(context, loudness, frequency, context.currentTime + at * TONE_S));
  await new Promise((done) => setTimeout(done, TONES_HZ.length * TONE_S * 1000 + 200));
  await context.close();
}

function tone(context: AudioContext, out: AudioNode, frequency: number, at: number): void {
  const source = context.createOscillator();
  source.frequency.value = frequency;
  source.connect(out);
  source.start(at);
  source.stop(at + TONE_S);
}
