/**
 * A decoded image, whatever the file was.
 *
 * @module
 */

/** Pixels of 8 bits. */
export interface Bitmap {
  /** Columns, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** height × width × (red, green, blue, alpha), row-major; alpha is not multiplied in. */
  readonly pixels: Uint8Array;
}

/** The most pixels of an image that is decoded, which then takes up to 2 GiB for a moment. */
export const mostPixels = 64_000_000;
