/** Builds tfjs-node's addon, the bridge between JavaScript and libtensorflow. @module */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runCommand } from "./command.ts";

/** Compilers in the order in which they are tried. */
const COMPILERS = ["c++", "g++", "clang++"];

/**
 * A C++ compiler's name. Asked before anything large is downloaded.
 *
 * @throws {Error} where this machine has none
 */
export async function findCompiler(signal: AbortSignal): Promise<string> {
  if (Deno.build.os === "windows") {
    throw new Error("on Windows nothing is compiled; under WSL it is");
  }
  if (Deno.build.os === "darwin") {
    // Without the command line tools, macOS answers a call of c++ with a window that offers them.
    await runCommand("xcode-select", { args: ["-p"], limit: 30_000, signal }).catch(() => {
      throw new Error("there is no C++ compiler on this machine (`xcode-select --install`)");
    });
  }
  for (const name of COMPILERS) {
    const works = await runCommand(name, { args: ["--version"], limit: 30_000, signal }).then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
    if (works) return name;
  }
  throw new Error(`there is no C++ compiler on this machine (tried ${COMPILERS.join(", ")})`);
}

/** What an addon is built from. */
export interface AddonOptions {
  /** As `findCompiler` returns it. */
  readonly compiler: string;
  /** Folder that holds `tensorflow/c/c_api.h`. */
  readonly headers: string;
  /** Paths of libtensorflow's libraries. */
  readonly libraries: readonly string[];
  /** Folder where the addon looks for them: absolute, or `.` for the addon's own. */
  readonly runtimePath: string;
  /** Path of the addon. */
  readonly output: string;
  readonly signal: AbortSignal;
}

/**
 * Compiles and links the addon out of the sources in the package. Takes some ten seconds.
 *
 * @throws {Error} where the compiler fails, with what it said
 */
export async function buildAddon(options: AddonOptions): Promise<void> {
  const require = createRequire(import.meta.url);
  const sources = join(dirname(require.resolve("@tensorflow/tfjs-node/package.json")), "binding");
  const nodeHeaders = join(dirname(require.resolve("node-api-headers/package.json")), "include");
  const mac = Deno.build.os === "darwin";
  const own = mac ? "@loader_path" : "$ORIGIN";
  await runCommand(options.compiler, {
    args: [
      "-std=c++17",
      "-O2",
      "-fPIC",
      "-shared",
      // The Node-API itself comes from Deno when the addon is loaded; macOS wants to be told.
      ...(mac ? ["-undefined", "dynamic_lookup"] : []),
      // The level that tfjs-node's own build asks for.
      "-DNAPI_VERSION=8",
      `-I${options.headers}`,
      `-I${nodeHeaders}`,
      join(sources, "tfjs_backend.cc"),
      join(sources, "tfjs_binding.cc"),
      ...options.libraries,
      // Not by -Wl, which would split a path at its commas.
      ...["-Xlinker", "-rpath", "-Xlinker"],
      options.runtimePath === "." ? own : options.runtimePath,
      "-o",
      options.output,
    ],
    limit: 5 * 60_000,
    signal: options.signal,
  });
}
