// The parts of the shield that are data: the model's graph and weights, and the wasm file that runs it.
//
// npm's nsfwjs has the model as scripts with base64 inside. They are read as text and never run.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const MODULE = "virtual:shield-model";
const EMPTY = "\0empty";
const PACKAGES = join(import.meta.dirname, "../node_modules");
const MODEL = join(PACKAGES, "nsfwjs/dist/models/mobilenet_v2_mid");
const WASM = join(PACKAGES, "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
const SHARDS = ["group1-shard1of2.min.js", "group1-shard2of2.min.js"];
const SHARD = /\.exports="([A-Za-z0-9+/=]+)"/;
const GRAPH = /\.exports=(\{.*\})\},\{\}\]\},\{\},\[1\]\)\(1\)\}\);?\s*$/s;
/** Strings, and what minified JavaScript writes otherwise than JSON does: true and false, names, numbers. */
const TOKEN = /"(?:[^"\\]|\\.)*"|!0|!1|[A-Za-z_$][\w$]*(?=:)|-?[\d.]+/g;
/** What TensorFlow.js imports for random tensors and for Node: the worker uses neither. */
const UNUSED = new Set(["seedrandom", "node-fetch", "util"]);
/** Of nsfwjs 4.4.0, MobileNetV2Mid: 4,300,775 bytes. Other weights are another model, which nobody has measured. */
export const WEIGHTS_SHA256 = "fee38f0bcbad1a223b8301c014bbf78984365aef5ab08fc3289ed4229ab67f0e";

/** `url` is its address as seen from the worker's script, which lies beside it. */
interface Part {
  readonly url: string;
  readonly source: Buffer;
}

/** The weights, joined from the package's scripts. Throws unless they are the pinned ones. */
export function weightsIn(scripts: readonly string[]): Buffer {
  const weights = Buffer.concat(scripts.map((script) => Buffer.from(SHARD.exec(script)?.[1] ?? "", "base64")));
  const found = createHash("sha256").update(weights).digest("hex");
  if (found !== WEIGHTS_SHA256) throw new Error(`the weights of the shield have the SHA-256 ${found}, not ${WEIGHTS_SHA256}`);
  return weights;
}

/** The model's graph, from the object literal in the package's script. Throws if that holds more than data. */
export function graphIn(script: string): { modelTopology: object; weightsManifest: [{ weights: object[] }] } {
  const literal = GRAPH.exec(script)?.[1] ?? "";
  return JSON.parse(literal.replace(TOKEN, asJson)) as ReturnType<typeof graphIn>;
}

function asJson(token: string): string {
  if (token === "!0") return "true";
  if (token === "!1") return "false";
  if (/^[A-Za-z_$]/.test(token)) return `"${token}"`;
  return token.startsWith('"') ? token : token.replace(/^-?(?=\.)/, "$&0");
}

function part(suffix: string, source: Buffer): Part {
  return { url: `shield-${createHash("sha256").update(source).digest("base64url").slice(0, 8)}.${suffix}`, source };
}

function read(name: string): string {
  return readFileSync(join(MODEL, name), "utf8");
}

function parts(): { readonly weights: Part; readonly wasm: Part } {
  return { weights: part("bin", weightsIn(SHARDS.map(read))), wasm: part("wasm", readFileSync(WASM)) };
}

function moduleOf(): string {
  const { weights, wasm } = parts();
  const { modelTopology, weightsManifest } = graphIn(read("model.min.js"));
  const graph = JSON.stringify({ modelTopology, weightSpecs: weightsManifest[0].weights });
  return [
    `export const graph = JSON.parse(${JSON.stringify(graph)});`,
    `export const weights = ${JSON.stringify({ url: weights.url, bytes: weights.source.length, sha256: WEIGHTS_SHA256 })};`,
    `export const wasm = ${JSON.stringify(wasm.url)};`,
  ].join("\n");
}

/** In the worker's bundle: the module `virtual:shield-model`, the graph itself and where the two large files are. */
export function shieldModel(): Plugin {
  const resolved = `\0${MODULE}`;
  return {
    name: "omefree-shield-model",
    enforce: "pre",
    resolveId: (id) => (id === MODULE ? resolved : UNUSED.has(id) ? EMPTY : undefined),
    load: (id) => (id === resolved ? moduleOf() : id === EMPTY ? "export default {}; export const alea = undefined;" : undefined),
  };
}

/** In the page's build: writes the two large files beside it, with their hashes in their names. */
export function shieldFiles(): Plugin {
  return {
    name: "omefree-shield-files",
    generateBundle() {
      for (const { url, source } of Object.values(parts())) this.emitFile({ type: "asset", fileName: `assets/${url}`, source });
    },
    configureServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        const file = Object.values(parts()).find(({ url }) => request.url?.endsWith(`/${url}`));
        if (file === undefined) next();
        else response.setHeader("content-type", file.url.endsWith(".wasm") ? "application/wasm" : "application/octet-stream").end(file.source);
      });
    },
  };
}
