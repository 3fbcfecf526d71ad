// What a call is to the device around the page: the screen stays on, and the system's own buttons act.

import type { Actions } from "../state/actions.ts";

/** Keeps the screen on until the returned function is called. The browser lets go while the page is hidden. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let isOver = false;

  async function take(): Promise<void> {
    if (isOver || document.hidden || !("wakeLock" in navigator)) return;
    const taken = await navigator.wakeLock.request("screen").catch(() => null); // refused, as at a low battery
    if (isOver) void taken?.release();
    else lock = taken;
  }

  const shown = () => void take();
  document.addEventListener("visibilitychange", shown);
  void take();
  return () => {
    isOver = true;
    document.removeEventListener("visibilitychange", shown);
    void lock?.release();
  };
}

/** What TypeScript's library does not know yet (W3C mediasession, "hangup" and its neighbours). */
type Session = Omit<MediaSession, "setActionHandler"> & {
  setActionHandler(action: string, handler: (() => void) | null): void;
  setMicrophoneActive?(on: boolean): unknown;
  setCameraActive?(on: boolean): unknown;
};

function session(): Session | null {
  return "mediaSession" in navigator ? (navigator.mediaSession as unknown as Session) : null;
}

/** Lets the system's buttons act, as those of a small window or a headset, until the returned function is called. */
export function takeButtons(actions: Actions): () => void {
  const handlers = { hangup: () => actions.stop(), togglemicrophone: () => actions.toggleMic(), togglecamera: () => actions.toggleCam() };
  for (const [action, handler] of Object.entries(handlers)) handle(action, handler);
  return () => {
    for (const action of Object.keys(handlers)) handle(action, null);
  };
}

/** Tells the system what its buttons show. */
export function tellButtons(mic: boolean, cam: boolean): void {
  session()?.setMicrophoneActive?.(mic);
  session()?.setCameraActive?.(cam);
}

/** A browser throws for an action that it does not know. */
function handle(action: string, handler: (() => void) | null): void {
  try {
    session()?.setActionHandler(action, handler);
  } catch {
    // then there is no such button
  }
}
