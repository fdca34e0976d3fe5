/**
 * TensorFlow's element types and attributes, as its protocol has them
 * (`tensorflow/core/framework/{types,attr_value,tensor,tensor_shape}.proto`). Plain data, which
 * `saved_model.ts` turns into bytes.
 *
 * @module
 */

/** Element types, with their numbers in `types.proto`. */
export const dataTypes = {
  float32: 1,
  int32: 3,
  uint8: 4,
  bool: 10,
  bfloat16: 14,
  resource: 20,
} as const;

/** An element type of this engine's graphs. `resource` is a handle to a variable. */
export type DataType = keyof typeof dataTypes;

/** `TensorShapeProto`: -1 for a size that is not known before the graph runs. */
export interface ShapeMessage {
  readonly dim: readonly { readonly size: number }[];
}

/** A shape as a message. */
export const shapeMessage = (shape: readonly number[]): ShapeMessage => ({
  dim: shape.map((size) => ({ size })),
});

/** `TensorProto` with its values as little-endian bytes. */
export interface TensorMessage {
  readonly dtype: number;
  readonly tensorShape: ShapeMessage;
  readonly tensorContent: Uint8Array;
}

/** `AttrValue`, of which exactly one field is set. */
export type AttributeMessage =
  | { readonly s: Uint8Array }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly type: number }
  | { readonly shape: ShapeMessage }
  | { readonly tensor: TensorMessage }
  | { readonly list: { readonly i: readonly number[] } };
