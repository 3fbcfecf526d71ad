// The one shield of this page, and how it sees a video.

import worker from "./worker.ts?worker&url";
import { type Helper, ShieldClient } from "./client.ts";
import { SIDE } from "./terms.ts";

/** What browsers have and TypeScript's library does not know yet. */
interface Newer {
  readonly trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(url: string): string } };
}
type Connected = Navigator & { readonly connection?: { readonly saveData?: boolean } };

const SMALLEST_WIDTH = 160; // of a video: below that it is mush
const newer: typeof globalThis & Newer = globalThis;
let policy: { createScriptURL(url: string): string } | undefined;

/** Starts the one script that the policy allows for workers, whatever is asked for. */
function makeHelper(): Helper {
  policy ??= newer.trustedTypes?.createPolicy("omefree-worker", { createScriptURL: () => worker });
  return new Worker(policy?.createScriptURL(worker) ?? worker, import.meta.env.DEV ? { type: "module" } : {});
}

function savesData(): boolean {
  const { connection }: Connected = navigator;
  return connection?.saveData === true || matchMedia("(prefers-reduced-data: reduce)").matches;
}

/** Loaded when the first picture is to come, and kept while the page is open. */
export const shield = new ShieldClient(makeHelper, savesData);

/** A function that takes a frame of the video as SIDE x SIDE pixels of RGBA; null if there is no frame to judge. */
export function grabber(video: HTMLVideoElement): (square: boolean) => ArrayBuffer | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  return (square) => {
    const { videoWidth: width, videoHeight: height } = video;
    if (paint === null || width < SMALLEST_WIDTH || height === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    const side = Math.min(width, height);
    const [w, h] = square ? [side, side] : [width, height];
    paint.drawImage(video, (width - w) / 2, (height - h) / 2, w, h, 0, 0, SIDE, SIDE);
    return paint.getImageData(0, 0, SIDE, SIDE).data.buffer;
  };
}
