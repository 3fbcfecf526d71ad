// What the page and the shield's worker say to each other, and the measures of a frame.

/** The side of the square that the model looks at, in pixels. */
export const SIDE = 224;

/** Why no picture can be judged. `missing`: a file did not come. `damaged`: the weights are not the pinned ones.
 * `refused`: the browser runs no such worker or no wasm. `silent`: the worker was killed, or does not answer. */
export type ShieldFault = "missing" | "damaged" | "refused" | "silent";

/** To the worker: one frame, SIDE x SIDE pixels of RGBA. The buffer is transferred. */
export interface Ask {
  readonly n: number;
  readonly pixels: ArrayBuffer;
}

/** What the worker saw. `risk` is from 0 to 1.5, or null for mush, which is not judged. `ms`: how long it took. */
export interface Look {
  readonly risk: number | null;
  readonly ms: number;
}

/** From the worker: it is ready, it has failed, or it has looked at frame `n`. */
export type Answer =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly fault: ShieldFault }
  | { readonly type: "look"; readonly n: number; readonly look: Look };
