// The devices that are there, for the pickers.

/** One device that can be chosen. Its name is empty where the browser does not tell it. */
export interface Listed {
  readonly id: string;
  readonly name: string;
}

/** All of them. Before the first permission the lists are empty: browsers give no ids then. */
export interface Listing {
  readonly mics: readonly Listed[];
  readonly cams: readonly Listed[];
  readonly speakers: readonly Listed[];
}

export const NOTHING_LISTED: Listing = { mics: [], cams: [], speakers: [] };

/** What the browser lists now. */
export async function list(): Promise<Listing> {
  const found = await enumerate();
  const of = (kind: MediaDeviceKind) =>
    found.filter((device) => device.kind === kind && device.deviceId !== "").map(({ deviceId, label }) => ({ id: deviceId, name: label }));
  return { mics: of("audioinput"), cams: of("videoinput"), speakers: of("audiooutput") };
}

/** Whether a device with this id is there. Where nobody can say, it is. */
export async function isThere(id: string | undefined): Promise<boolean> {
  const found = await enumerate();
  return id === undefined || found.length === 0 || found.some(({ deviceId }) => deviceId === id);
}

async function enumerate(): Promise<readonly MediaDeviceInfo[]> {
  try {
    return await navigator.mediaDevices.enumerateDevices();
  } catch {
    return [];
  }
}
