// Whether a frame is sharp enough to be judged. The model is often wrong about a blurred one.

const MUSH_BELOW = 0.0045; // measured: 3 px of blur stay under 0.4 %, sharp, dim and poor pictures over 0.5 %
const FLAT_BELOW = 2; // variance of the luma, 0 to 255: one colour, or black but for the sensor's noise

/** The variance of the luma's Laplacian in parts of the luma's variance. 0 for a flat picture. Pixels are RGBA. */
export function sharpness(pixels: Uint8ClampedArray, side: number): number {
  const luma = lumaOf(pixels);
  const whole = variance(luma);
  return whole < FLAT_BELOW ? 0 : variance(laplacian(luma, side)) / whole;
}

/** Whether the frame is mush, which says nothing about anybody. */
export function isMush(pixels: Uint8ClampedArray, side: number): boolean {
  return sharpness(pixels, side) < MUSH_BELOW;
}

function lumaOf(pixels: Uint8ClampedArray): Float32Array {
  const luma = new Float32Array(pixels.length / 4);
  for (let at = 0; at < luma.length; at++) {
    const from = at * 4;
    luma[at] = 0.299 * (pixels[from] ?? 0) + 0.587 * (pixels[from + 1] ?? 0) + 0.114 * (pixels[from + 2] ?? 0); // BT.601
  }
  return luma;
}

function laplacian(luma: Float32Array, side: number): Float32Array {
  const made = new Float32Array((side - 2) ** 2);
  let to = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const at = y * side + x;
      const around = (luma[at - 1] ?? 0) + (luma[at + 1] ?? 0) + (luma[at - side] ?? 0) + (luma[at + side] ?? 0);
      made[to++] = around - 4 * (luma[at] ?? 0);
    }
  }
  return made;
}

function variance(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return squares / values.length;
}
