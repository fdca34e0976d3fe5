/**
 * Draws the changed images of the next epoch while one is trained on, in a worker that runs this module once
 * more. Bytes go to and fro without being copied.
 *
 * @module
 */
import { type AugmentedSet, changeImages } from "./augmentation.ts";

/** The name of the worker. */
const DRAWER = "drawer of changed images";

/** What the worker is told first, and then for each epoch. */
type Asked =
  | { readonly images: Uint8Array<ArrayBuffer>; readonly set: AugmentedSet }
  | { readonly epoch: number; readonly target: Uint8Array<ArrayBuffer> };

/** Draws epochs one after another. */
export interface Drawer {
  /**
   * The changed images of an epoch, counted from 1. The bytes are the caller's until the next call, which
   * the drawer then begins to fill with the epoch after it; so there is a next one to be asked for sooner.
   */
  epoch(epoch: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends the worker. */
  close(): void;
}

/**
 * Opens a drawer, which begins with an epoch.
 *
 * @param images the bytes of all of them; copied
 * @param first the epoch that is asked for first
 * @param last the last one that may be asked for
 */
export function openDrawer(
  images: Uint8Array,
  set: AugmentedSet,
  first: number,
  last: number,
): Drawer {
  const worker = new Worker(import.meta.url, { type: "module", name: DRAWER });
  const ask = (asked: Asked) =>
    worker.postMessage(asked, "target" in asked ? [asked.target.buffer] : [asked.images.buffer]);
  let failed: (error: Error) => void = () => {};
  let arrived: (images: Uint8Array<ArrayBuffer>) => void = () => {};
  worker.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => arrived(data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed(new Error(`The images of an epoch could not be changed: ${event.message}`));
  };
  let next: { readonly epoch: number; readonly images: Promise<Uint8Array<ArrayBuffer>> };
  const begin = (epoch: number, target: Uint8Array<ArrayBuffer>) => {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    [arrived, failed] = [resolve, reject];
    // Where it fails before it is waited for, it is told there.
    promise.catch(() => {});
    next = { epoch, images: promise };
    ask({ epoch, target });
  };
  ask({ images: new Uint8Array(images), set });
  begin(first, new Uint8Array(images.length));
  /** The bytes that the caller does not have. */
  let free: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(images.length);
  let lent: Uint8Array<ArrayBuffer> | undefined;
  return {
    async epoch(epoch) {
      if (next.epoch !== epoch) throw new RangeError(`Epoch ${next.epoch} is next, not ${epoch}.`);
      const drawn = await next.images;
      free = lent ?? free;
      lent = drawn;
      if (epoch < last) {
        begin(epoch + 1, free!);
        free = undefined;
      }
      return drawn;
    },
    close: () => worker.terminate(),
  };
}

if (self.name === DRAWER) {
  let given: { images: Uint8Array; set: AugmentedSet };
  addEventListener("message", (event) => {
    const asked: Asked = (event as MessageEvent).data;
    if ("images" in asked) {
      given = asked;
      return;
    }
    const { epoch, target } = asked;
    changeImages(given.images, target, given.set, epoch);
    // In a worker this global takes what goes along as its second argument; types are those of a window.
    (self as unknown as Worker).postMessage(target, [target.buffer]);
  });
}
