// Our camera and microphone. The browser is asked once, before the search, and the tracks are kept from call to call.

/** Why we have no device. `insecure`: no https. `unsupported`: the browser has no getUserMedia. */
export type DeviceFault = "denied" | "missing" | "busy" | "insecure" | "unsupported" | "unknown";
/** Which of the two devices a request is for. */
export type Wanted = { readonly audio: boolean; readonly video: boolean };

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" };
// The requests in turn, if a device is missing or in use: sound without a picture is still a call.
const ATTEMPTS: readonly Wanted[] = [
  { audio: true, video: true },
  { audio: true, video: false },
  { audio: false, video: true },
];

/** A request for a device failed. */
export class DeviceError extends Error {
  constructor(readonly fault: DeviceFault) {
    super(fault);
  }
}

/** The two tracks of this page. */
export class Devices {
  private audio: MediaStreamTrack | null = null;
  private video: MediaStreamTrack | null = null;
  private generation = 0;
  private camWanted = false;
  /** Called when a track came, went or ended by itself: unplugged, or taken by the system. */
  onChange: () => void = () => undefined;

  /** Asks the browser for both. Resolves once we have at least one, else rejects with the first DeviceError. */
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

  /** Called after a release: asks for the devices that were on. Rejects with a DeviceError. */
  async restore({ mic, cam }: { readonly mic: boolean; readonly cam: boolean }): Promise<void> {
    if (mic && cam) await this.acquire();
    else if (cam) await this.setCam(true);
    else if (mic) await this.setMic(true);
  }

  /** What we have now; null: that device is off or was never granted. A muted microphone keeps its track. */
  get tracks(): { readonly audio: MediaStreamTrack | null; readonly video: MediaStreamTrack | null } {
    return { audio: this.audio, video: this.video };
  }

  /** Off only mutes: a microphone has no light, and is then back at once. On rejects with a DeviceError. */
  async setMic(on: boolean): Promise<void> {
    if (this.audio !== null) this.audio.enabled = on;
    else if (on) await this.add({ audio: true, video: false });
    this.onChange();
  }

  /** Off ends the track, so that the camera's light goes out. On asks for a new one; it rejects with a DeviceError. */
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

  /** Turns both off. Tracks that the browser still grants for an earlier request are stopped at once. */
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
