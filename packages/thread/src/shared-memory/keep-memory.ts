import { MessageChannel } from 'node:worker_threads'

const LARGE = 2 ** 17 // glibc takes larger blocks directly from the system
const ALMOST_32_MB = 31 * 2 ** 20 // glibc ignores larger ones

/**
 * Prepares malloc for a message of this size. glibc returns each large block to the system, and each page of the next
 * one costs a page fault: two thirds of the time of a call with 1 MB. It keeps such blocks from the moment on at which
 * a larger one was freed. The block that is freed here has no pages, because nothing writes to it.
 */
export function keepMemory(byteLength: number): void {
  if (isKept || byteLength < LARGE) return
  isKept = true
  const block = new ArrayBuffer(ALMOST_32_MB)
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(block, [block])
  port2.close() // frees its messages at once
}

let isKept = process.platform !== 'linux'
