// The operations that the model consists of, and no others: all of them would double the worker's size.

import { _fusedMatMulConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/_FusedMatMul";
import { addConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Add";
import { avgPoolConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/AvgPool";
import { fusedConv2DConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/FusedConv2D";
import { fusedDepthwiseConv2DConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/FusedDepthwiseConv2D";
import { identityConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Identity";
import { multiplyConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Multiply";
import { realDivConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/RealDiv";
import { reshapeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape";
import { softmaxConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Softmax";
import { subConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sub";
import { castConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Cast";
import type { KernelConfig } from "@tensorflow/tfjs-core";

/** For `registerKernel`. */
export const KERNELS: readonly KernelConfig[] = [
  _fusedMatMulConfig, addConfig, avgPoolConfig, castConfig, fusedConv2DConfig, fusedDepthwiseConv2DConfig, identityConfig,
  multiplyConfig, realDivConfig, reshapeConfig, softmaxConfig, subConfig,
];
