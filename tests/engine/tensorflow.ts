/** libtensorflow for tests, on one thread, where this machine has it. @module */
import { isReady } from "../../src/engine/runtime/choice.ts";
import { loadTensorFlow } from "../../src/engine/runtime/load.ts";

/** The namespace of tfjs-node; undefined where set-up has found no libtensorflow. */
export const tensorflow = await isReady("tensorflow")
  ? await loadTensorFlow({ threads: 1 })
  : undefined;
