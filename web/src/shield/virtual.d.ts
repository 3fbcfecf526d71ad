/** The shield's model, which the build (web/build/shield.ts) takes from npm's nsfwjs. */
declare module "virtual:shield-model" {
  /** The graph and the shapes of its weights, as TensorFlow.js reads them. */
  export const graph: { readonly modelTopology: object; readonly weightSpecs: never[] };
  /** Where the weights are, and what they must be. `sha256` is hex. */
  export const weights: { readonly url: string; readonly bytes: number; readonly sha256: string };
  /** Where the wasm file is. */
  export const wasm: string;
}
