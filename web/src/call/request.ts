// Asks the browser for a camera and a microphone, and says in one word why there is none.

/** The two that we send from. */
export type Kind = "audio" | "video";
/** Which of the two devices a request is for. */
export type Wanted = { readonly audio: boolean; readonly video: boolean };

/**
 * Why we have no device. `insecure`: no https. `unsupported`: the browser has no getUserMedia. `unplugged`: it has gone.
 * `held`: the system, or another program, has silenced it for now. `stopped`: the browser ended it.
 */
export type DeviceFault = "denied" | "missing" | "busy" | "insecure" | "unsupported" | "unknown" | "unplugged" | "held" | "stopped";

/** What the visitor has chosen. An id of a device that is not there is passed over; null leaves it to the browser. */
export interface Taste {
  readonly mic: string | null;
  readonly cam: string | null;
  /** The way that the camera of a phone looks; asked for when no camera is chosen by its id. */
  readonly facing: Facing;
  /** Take the noise around the microphone away. */
  readonly noise: boolean;
  /** Blur what is behind us. */
  readonly blur: boolean;
}
/** Nothing is chosen. */
export const PLAIN: Taste = { mic: null, cam: null, facing: "user", noise: true, blur: false };
/** How firmly a chosen device is asked for. */
type Firmness = "exact" | "ideal";
export type Facing = "user" | "environment";

/** A request for a device failed. */
export class DeviceError extends Error {
  constructor(readonly fault: DeviceFault) {
    super(fault);
  }
}

const FAULTS: Readonly<Record<string, DeviceFault>> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** The tracks. Rejects with a DeviceError. */
export async function request(wanted: Wanted, taste: Taste): Promise<MediaStream> {
  if (!isSecureContext) throw new DeviceError("insecure");
  if (!("mediaDevices" in navigator)) throw new DeviceError("unsupported");
  try {
    return await ask(wanted, taste, "exact");
  } catch (error) {
    const chosen = (wanted.audio && taste.mic !== null) || (wanted.video && taste.cam !== null);
    if (faultOf(error) !== "missing" || !chosen) throw new DeviceError(faultOf(error));
  }
  // One that was chosen is not there any more: any other will do.
  return ask(wanted, taste, "ideal").catch((error: unknown) => {
    throw new DeviceError(faultOf(error));
  });
}

function ask({ audio, video }: Wanted, taste: Taste, how: Firmness): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ audio: audio && audioOf(taste, how), video: video && videoOf(taste, how) });
}

/** The fault that an error stands for. */
export function faultOf(error: unknown): DeviceFault {
  if (error instanceof DeviceError) return error.fault;
  return (error instanceof Error && FAULTS[error.name]) || "unknown";
}

/** What we ask of a microphone. */
export function audioOf({ mic, noise }: Taste, how: Firmness = "exact"): MediaTrackConstraints {
  return { echoCancellation: true, noiseSuppression: noise, autoGainControl: noise, ...(mic !== null && { deviceId: { [how]: mic } }) };
}

/** What we ask of a camera. */
export function videoOf({ cam, facing, blur }: Taste, how: Firmness = "exact"): MediaTrackConstraints {
  const which = cam === null ? { facingMode: facing } : { deviceId: { [how]: cam } };
  return { width: { ideal: 1280 }, height: { ideal: 720 }, ...which, ...blurred(blur) };
}

/** `backgroundBlur` is not in TypeScript's library yet (W3C mediacapture-extensions). Browsers ignore unknown names. */
function blurred(blur: boolean): MediaTrackConstraints {
  return { backgroundBlur: blur } as MediaTrackConstraints;
}

/** Whether the visitor can switch the blur of this camera. Some systems blur by themselves; the page cannot change that. */
export function canBlur(track: MediaStreamTrack | null): boolean {
  const { backgroundBlur } = (track?.getCapabilities?.() ?? {}) as { readonly backgroundBlur?: readonly boolean[] };
  return backgroundBlur?.length === 2;
}

/** What the visitor has told the browser, or null if the browser does not say. */
export async function permissionOf(kind: Kind): Promise<PermissionState | null> {
  return (await statusOf(kind))?.state ?? null;
}

/** Calls `changed` when the visitor changes what the browser allows, where the browser says so. */
export function watchPermissions(changed: (kind: Kind, state: PermissionState) => void): void {
  for (const kind of ["audio", "video"] as const) {
    void statusOf(kind).then((status) => status?.addEventListener("change", () => changed(kind, status.state)));
  }
}

async function statusOf(kind: Kind): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: kind === "audio" ? "microphone" : "camera" });
  } catch {
    return null; // an older browser does not know these names
  }
}

/**
 * Whether one device alone may be asked for after both were refused: never if that puts a question anew that the visitor
 * has just answered with no. Browsers that do not tell are asked once more, for the sound.
 */
export async function isWorthAsking(kind: Kind): Promise<boolean> {
  const [own, other] = await Promise.all([permissionOf(kind), permissionOf(kind === "audio" ? "video" : "audio")]);
  if (own === null) return kind === "audio";
  return own === "granted" || (own === "prompt" && other === "denied"); // then the question was never put
}
