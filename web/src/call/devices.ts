// Our camera and microphone: asked for once, before the search, and kept from one call to the next.

export type DeviceFault = "denied" | "missing" | "busy" | "insecure" | "unsupported" | "unknown";
export type Wanted = { readonly audio: boolean; readonly video: boolean };

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" };
// What to fall back to when a device is missing or taken: a voice without a picture is still a call.
const ATTEMPTS: readonly Wanted[] = [
  { audio: true, video: true },
  { audio: true, video: false },
  { audio: false, video: true },
];

export class DeviceError extends Error {
  constructor(readonly fault: DeviceFault) {
    super(fault);
  }
}

export class Devices {
  private audio: MediaStreamTrack | null = null;
  private video: MediaStreamTrack | null = null;
  private generation = 0;
  private camWanted = false;
  /** Called when a track came, went or ended by itself (unplugged, taken by the system). */
  onChange: () => void = () => undefined;

  /** Resolves with what there is, which may be one of the two; rejects with a DeviceError if neither. */
  async acquire(): Promise<void> {
    if (this.audio !== null || this.video !== null) return;
    const generation = ++this.generation;
    let first: DeviceError | null = null;
    for (const wanted of ATTEMPTS) {
      try {
        this.adopt(await request(wanted), generation);
        return;
      } catch (error) {
        const fault = toDeviceError(error);
        first ??= fault;
        if (fault.fault === "denied" || fault.fault === "insecure" || fault.fault === "unsupported") break;
      }
    }
    throw first ?? new DeviceError("unknown");
  }

  /** After a release: what was on. */
  async restore({ mic, cam }: { readonly mic: boolean; readonly cam: boolean }): Promise<void> {
    if (mic && cam) await this.acquire();
    else if (cam) await this.setCam(true);
    else if (mic) await this.setMic(true);
  }

  get tracks(): { readonly audio: MediaStreamTrack | null; readonly video: MediaStreamTrack | null } {
    return { audio: this.audio, video: this.video };
  }

  /** Off only mutes: there is no light, and on again is instant. */
  async setMic(on: boolean): Promise<void> {
    if (this.audio !== null) this.audio.enabled = on;
    else if (on) await this.add({ audio: true, video: false });
    this.onChange();
  }

  /** Off ends the track, so that the camera's light goes out; on asks for a new one. */
  async setCam(on: boolean): Promise<void> {
    this.camWanted = on;
    if (on && this.video === null) await this.add({ audio: false, video: true });
    if (!on) {
      this.video?.stop();
      this.video = null;
    }
    this.onChange();
  }

  private async add(wanted: Wanted): Promise<void> {
    const { generation } = this;
    const stream = await request(wanted).catch((error: unknown) => {
      throw toDeviceError(error);
    });
    if (wanted.video && (!this.camWanted || this.video !== null)) stopTracks(stream);
    else this.adopt(stream, generation);
  }

  /** Everything off, and whatever a pending prompt still grants as well. */
  release(): void {
    this.generation++;
    this.camWanted = false;
    this.audio?.stop();
    this.video?.stop();
    this.audio = this.video = null;
    this.onChange();
  }

  private adopt(stream: MediaStream, generation: number): void {
    if (generation !== this.generation) return stopTracks(stream);
    this.audio ??= stream.getAudioTracks()[0] ?? null;
    this.video ??= stream.getVideoTracks()[0] ?? null;
    this.camWanted = this.video !== null;
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.ended(track));
    this.onChange();
  }

  private ended(track: MediaStreamTrack): void {
    if (track === this.audio) this.audio = null;
    if (track === this.video) this.video = null;
    this.onChange();
  }
}

async function request({ audio, video }: Wanted): Promise<MediaStream> {
  if (!isSecureContext) throw new DeviceError("insecure");
  if (!("mediaDevices" in navigator)) throw new DeviceError("unsupported");
  return navigator.mediaDevices.getUserMedia({ audio: audio && AUDIO, video: video && VIDEO });
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

const FAULTS: Readonly<Record<string, DeviceFault>> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

function toDeviceError(error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  return new DeviceError((error instanceof DOMException && FAULTS[error.name]) || "unknown");
}
