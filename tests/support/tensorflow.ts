/** libtensorflow for tests, on one thread, where this machine has it. @module */
import { isReady } from "../../src/runtime/choice.ts";
import { loadAddon, loadTensorFlow } from "../../src/runtime/load.ts";

const ready = await isReady("tensorflow");

/** The namespace of tfjs-node; undefined where set-up has found no libtensorflow. */
export const tensorflow = ready ? await loadTensorFlow({ threads: 1 }) : undefined;

/** Its addon alone. */
export const addon = ready ? await loadAddon({ threads: 1 }) : undefined;
