/** The worker of `hdf5_attack.ts`: reads one weight file after the other in its thread. @module */
import { decodeKerasWeights } from "../../src/models/keras_weights.ts";
import { tiny } from "./keras_file.ts";

if (self.name === "hdf5 reader") {
  addEventListener("message", async (event) => {
    const { file, port }: { file: Uint8Array; port: MessagePort } = (event as MessageEvent).data;
    try {
      port.postMessage({ weights: await decodeKerasWeights(file, tiny, tiny, "f.h5") });
    } catch (error) {
      const kind = error instanceof Error ? error.constructor.name : typeof error;
      port.postMessage({ kind, message: error instanceof Error ? error.message : String(error) });
    }
  });
}
