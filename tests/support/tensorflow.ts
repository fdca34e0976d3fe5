/**
 * libtensorflow for tests, on one thread, where this machine has it.
 *
 * Test files run side by side as threads of one process, and so do their calls: each thread has an addon of
 * its own. But tfjs-node's operations one by one keep names in one set for the whole process, without a
 * lock: only one file, `tests/engine/parity_test.ts`, may compute with them here.
 *
 * @module
 */
import { isReady } from "../../src/runtime/choice.ts";
import { loadAddon } from "../../src/runtime/load.ts";

/** The addon of tfjs-node alone; undefined where set-up has found no libtensorflow. */
export const addon = await isReady("tensorflow") ? await loadAddon({ threads: 1 }) : undefined;
