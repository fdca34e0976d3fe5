/** A remembered choice of a backend, for tests. @module */
import {
  type Choice,
  FORMAT,
  type NativeFile,
  PLATFORM,
  TFJS_VERSION,
} from "../../src/runtime/choice.ts";

/** What set-up remembers of a wheel's library, with native files of these measures. */
export const choiceOf = (files: readonly NativeFile[], changes: Partial<Choice> = {}): Choice => ({
  format: FORMAT,
  platform: PLATFORM,
  tfjs: TFJS_VERSION,
  libtensorflowDir: null,
  backend: "tensorflow",
  requested: false,
  tensorflow: { origin: "wheel", version: "2.21.0", pinned: true, files: [...files] },
  skipped: [],
  ...changes,
});
