/** `deno task export --format=onnx|savedmodel`: a kept network for other programs. @module */
import { dirname, join } from "node:path";
import { encodeOnnx } from "../src/engine/onnx.ts";
import { decodeTfjsWeights } from "../src/engine/tfjs_weights.ts";
import { encodeWholeModel } from "../src/engine/whole.ts";
