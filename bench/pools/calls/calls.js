// The functions that the pools call. They take one argument each, because piscina passes only one.

export function nothing() {}

/** @param {number} n */
export function square(n) {
  return n * n
}

/** @param {unknown[]} list */
export function count(list) {
  return list.length
}

/** @param {unknown[]} list */
export function same(list) {
  return list
}

/**
 * Increments the last byte of a buffer and returns the buffer.
 *
 * @template {ArrayBuffer | SharedArrayBuffer} B
 * @param {B} buffer
 */
export function mark(buffer) {
  const bytes = new Uint8Array(buffer)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) + 1
  return buffer
}
