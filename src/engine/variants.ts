/** How engines count in the keys of jobs. @module */

/** What a job that opens an engine (`openEngine`) says of it in its declaration. */
export const computing = {
  variants: {
    /** One TensorFlow graph a model. What counts is the graph, not the code that builds it. */
    graph: {
      module: import.meta.resolve("./graph/engine.ts"),
      compiled: import.meta.resolve("./graph/program.ts"),
    },
    /** Layer by layer in TensorFlow.js. */
    layers: { module: import.meta.resolve("./layers/engine.ts") },
  },
  /** Finding and loading a library computes nothing. */
  apart: [import.meta.resolve("../runtime/load.ts")],
};
