import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DownloadError } from "../../src/files/download.ts";
import {
  locateWeights,
  type WeightFile,
  weightFiles,
  WeightsUnavailableError,
} from "../../src/models/imagenet_source.ts";
import { readKerasWeights } from "../../src/models/keras_weights.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { formulaWeights, kerasFile } from "../support/keras_file.ts";

const spec: ModelSpec = {
  name: "tiny",
  input: [8, 8, 1],
  layers: [{ type: "conv2d", name: "conv", filters: 2, kernelSize: [3, 3], padding: "same" }],
};
const weights = formulaWeights(spec, 1);
const bytes = await kerasFile(weights);
const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
const file: WeightFile = { file: "tiny.h5", digest: digest("md5") };

const silent = () => {};
const unasked = () => {
  throw new Error("nothing was to be downloaded");
};

/** Gives a folder for the user's weights and one for the cache, and removes them. */
async function inFolders(use: (user: string, cache: string) => Promise<void>) {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(root, "user"));
    await use(join(root, "user"), join(root, "cache"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Serves `answer` at an address on this machine. */
async function served(
  answer: (request: Request) => Response,
  use: (address: string) => Promise<void>,
) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: silent }, answer);
  try {
    await use(`http://127.0.0.1:${server.addr.port}/tiny.h5`);
  } finally {
    await server.shutdown();
  }
}

const kept = async (cache: string) => {
  const folder = join(cache, "data", "imagenet-weights");
  await Deno.mkdir(folder, { recursive: true });
  return join(folder, file.file);
};

Deno.test("the user's folder comes first, then the cache, then the address", async () => {
  await inFolders(async (user, cache) => {
    const folders = { cache, weightsDirectory: user };
    let requests = 0;
    const answer = () => {
      requests++;
      return new Response(bytes.slice());
    };
    await served(answer, async (address) => {
      const published = { ...file, address };
      const told: [number, number, string][] = [];
      const path = await locateWeights(published, folders, (...what) => told.push(what));
      assertEquals(path, await kept(cache));
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(told.at(-1), [bytes.length, bytes.length, "downloading tiny.h5"]);
      assertEquals(requests, 1);
      assertEquals(await locateWeights(published, folders, unasked), path);
      await Deno.writeFile(join(user, file.file), bytes);
      assertEquals(await locateWeights(published, folders, unasked), join(user, file.file));
      assertEquals(await locateWeights(published, { cache }, unasked), path);
      assertEquals(requests, 1);
    });
  });
});

Deno.test("a download that broke off goes on where it stopped, and its MD5 is that of the whole", async () => {
  await inFolders(async (_, cache) => {
    const ranges: (string | null)[] = [];
    const half = bytes.length >> 1;
    const answer = (request: Request) => {
      const range = request.headers.get("range");
      ranges.push(range);
      const from = Number(range?.match(/\d+/)?.[0] ?? 0);
      return new Response(bytes.slice(from), {
        status: from > 0 ? 206 : 200,
        headers: { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
      });
    };
    await served(answer, async (address) => {
      await Deno.writeFile(`${await kept(cache)}.part`, bytes.subarray(0, half));
      const path = await locateWeights({ ...file, address }, { cache }, silent);
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(ranges, [`bytes=${half}-`]);
    });
  });
});

Deno.test("a file of another content is refused with both digests, wherever it lies", async () => {
  await inFolders(async (user, cache) => {
    const other = bytes.slice();
    other[other.length >> 1] ^= 1;
    const found = createHash("md5").update(other).digest("hex");
    for (const [folder, advice] of [[user, "Put the original"], [cache, "Delete it"]]) {
      const path = folder === user ? join(user, file.file) : await kept(cache);
      await Deno.writeFile(path, other);
      const folders = { cache, weightsDirectory: user };
      const { message } = await assertRejects(() => locateWeights(file, folders, silent), Error);
      for (const part of [path, file.digest, found, advice]) assert(message.includes(part), part);
      await Deno.remove(path);
    }
    await served(() => new Response(other), async (address) => {
      const lost = () => locateWeights({ ...file, address }, { cache }, silent);
      const { message } = await assertRejects(lost, WeightsUnavailableError);
      assert(message.includes("it sends other bytes than expected"));
      // Neither the wrong file nor its beginning stays.
      assertEquals([...Deno.readDirSync(join(cache, "data", "imagenet-weights"))], []);
    });
  });
});

Deno.test("weights that are nowhere: every place with its reason, and what to do", async () => {
  await inFolders(async (user, cache) => {
    const unpublished = await assertRejects(
      () => locateWeights(file, { cache }, silent),
      WeightsUnavailableError,
    );
    const place = join(cache, "data", "imagenet-weights");
    assertEquals(unpublished.reasons, [
      "IMAGENET_WEIGHTS_DIR: not set",
      `${place}: not there`,
      "public addresses: there is none",
    ]);
    assert(unpublished.message.startsWith("tiny.h5 cannot be had: it is in none of these places."));
    assert(unpublished.message.includes("Set IMAGENET_WEIGHTS_DIR to a folder that holds tiny.h5"));
    await served(() => new Response("", { status: 403 }), async (address) => {
      const published = { ...file, address };
      const folders = { cache, weightsDirectory: user };
      const forbidden = await assertRejects(
        () => locateWeights(published, folders, silent),
        WeightsUnavailableError,
      );
      assertEquals(forbidden.reasons, [
        `IMAGENET_WEIGHTS_DIR, ${user}: not there`,
        `${place}: not there`,
        `${address}: HTTP status 403 Forbidden`,
      ]);
      assert(forbidden.message.endsWith("or run this where the address can be reached."));
    });
  });
});

Deno.test("a problem that is not the address's is told as it is", async () => {
  await inFolders(async (user, cache) => {
    // A file stands where the cache's folder should be made.
    await Deno.writeTextFile(cache, "");
    const folders = { cache, weightsDirectory: user };
    const address = "http://127.0.0.1:1/tiny.h5";
    const error = await assertRejects(() => locateWeights({ ...file, address }, folders, silent));
    assert(!(error instanceof WeightsUnavailableError) && !(error instanceof DownloadError));
    assertInstanceOf(error, Error);
  });
});

Deno.test("a file is found by either of its digests, and holds the weights", async () => {
  await inFolders(async (user, cache) => {
    await Deno.writeFile(join(user, file.file), bytes);
    const folders = { cache, weightsDirectory: user };
    for (const algorithm of ["md5", "sha256"]) {
      const found = { ...file, digest: digest(algorithm) };
      const path = await locateWeights(found, folders, unasked);
      assertEquals(await readKerasWeights(await Deno.readFile(path), spec), weights);
    }
  });
});

Deno.test("the known files: complete ones with Keras's addresses, partial ones with none", () => {
  for (const [base, known] of Object.entries<WeightFile>(weightFiles)) {
    assert(/^([0-9a-f]{32}|[0-9a-f]{64})$/.test(known.digest), base);
    if (known.address) assert(known.address.endsWith(`/${known.file}`), base);
  }
  assertEquals(
    Object.entries<WeightFile>(weightFiles).map(([base, { address }]) => [base, !address]),
    [["vgg16-block3", true], ["resnet101v2-conv4", true], ["vgg16", false], ["resnet152v2", false]],
  );
});

const directory = Deno.env.get("IMAGENET_WEIGHTS_DIR");

Deno.test({
  name: "the genuine partial files are the ones that are studied",
  ignore: directory === undefined,
  fn: async () => {
    for (const base of ["vgg16-block3", "resnet101v2-conv4"] as const) {
      const folders = { cache: "nowhere", weightsDirectory: directory };
      const path = await locateWeights(weightFiles[base], folders, unasked);
      assertEquals(path, join(directory!, weightFiles[base].file));
    }
  },
});
