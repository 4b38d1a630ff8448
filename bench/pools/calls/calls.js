// What the pools call. One argument each, as piscina and tinypool pass no more.

export function nothing() {}

/** @param {number} n */
export function square(n) {
  return n * n
}

/**
 * Counts in the last byte of a buffer, and gives the buffer back.
 *
 * @template {ArrayBuffer | SharedArrayBuffer} B
 * @param {B} buffer
 */
export function mark(buffer) {
  const bytes = new Uint8Array(buffer)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) + 1
  return buffer
}
