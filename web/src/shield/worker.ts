// The shield's worker: it fetches the model, checks it, and looks at one frame after the other. Nothing leaves it but
// a number. Its response alone carries a policy that allows wasm (src/omefree/http/headers.py).

import { graph, wasm, weights } from "virtual:shield-model";
import { div, env, getBackend, io, registerKernel, setBackend, type Tensor, tensor4d, tidy, zeros } from "@tensorflow/tfjs-core";
import { type GraphModel, loadGraphModel } from "@tensorflow/tfjs-converter";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm/dist/base";

import { KERNELS } from "./kernels.ts";
import { isMush } from "./sharpness.ts";
import { type Answer, type Ask, type Look, type ShieldFault, SIDE } from "./terms.ts";
import { riskOf } from "./verdict.ts";

/** TensorFlow.js wants a place for each of its builds. There is one: a browser without SIMD refuses it, as it should. */
const BINARIES = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

class Fault extends Error {
  constructor(readonly fault: ShieldFault) {
    super(fault);
  }
}

function tell(answer: Answer): void {
  postMessage(answer);
}

/** The weights, if they are the pinned ones. */
async function fetchWeights(): Promise<ArrayBuffer> {
  const answer = await fetch(weights.url).catch(() => null);
  if (!answer?.ok) throw new Fault("missing");
  const body = await answer.arrayBuffer().catch(() => new ArrayBuffer(0));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (body.byteLength !== weights.bytes || hex !== weights.sha256) throw new Fault("damaged");
  return body;
}

/** Starts wasm with one thread: with more, TensorFlow.js hangs in a page that is isolated by COOP and COEP. */
async function startWasm(): Promise<void> {
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(Object.fromEntries(BINARIES.map((name) => [name, wasm])));
  for (const kernel of KERNELS) registerKernel(kernel);
  const started = await setBackend("wasm").catch(() => false);
  if (!started || getBackend() !== "wasm") throw new Fault("refused");
}

async function load(): Promise<GraphModel> {
  const [data] = await Promise.all([fetchWeights(), startWasm()]);
  const model = await loadGraphModel(io.fromMemory({ ...graph, weightData: data }));
  tidy(() => (model.predict(zeros([1, SIDE, SIDE, 3])) as Tensor).dataSync()); // the first time is slow
  return model;
}

/** Red, green and blue of RGBA, from 0 to 255. */
function colours(pixels: Uint8ClampedArray): Float32Array {
  const made = new Float32Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4) {
    made[to++] = pixels[from] ?? 0;
    made[to++] = pixels[from + 1] ?? 0;
    made[to++] = pixels[from + 2] ?? 0;
  }
  return made;
}

function look(model: GraphModel, pixels: Uint8ClampedArray): Look {
  const began = performance.now();
  const risk = isMush(pixels, SIDE) ? null : riskOf(tidy(() => predict(model, pixels).dataSync()));
  return { risk, ms: performance.now() - began };
}

function predict(model: GraphModel, pixels: Uint8ClampedArray): Tensor {
  return model.predict(div(tensor4d(colours(pixels), [1, SIDE, SIDE, 3]), 255)) as Tensor;
}

function fail(error: unknown): void {
  tell({ type: "failed", fault: error instanceof Fault ? error.fault : "refused" });
  close();
}

addEventListener("unhandledrejection", ({ reason }) => fail(reason)); // the wasm glue leaves some of its errors alone
load().then((model) => {
  onmessage = ({ data }: MessageEvent<Ask>) => tell({ type: "look", n: data.n, look: look(model, new Uint8ClampedArray(data.pixels)) });
  tell({ type: "ready" });
}, fail);
