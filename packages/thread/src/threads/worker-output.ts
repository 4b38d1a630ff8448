import { writeSync } from 'node:fs'

/**
 * Makes the output of this worker appear at once. A worker's output passes through the main thread, and would wait
 * while
 * that blocks; so it is written directly to the file, or nowhere. Otherwise it stays a stream.
 */
export function writeAtOnce(isIgnored: boolean): void {
  takeOver(process.stdout, isIgnored ? undefined : 1)
  takeOver(process.stderr, isIgnored ? undefined : 2)
}

type Done = (error?: Error | null) => void

function takeOver(stream: NodeJS.WriteStream, fd: number | undefined): void {
  const write = (chunk: string | Uint8Array, encoding: BufferEncoding, done: Done): void => {
    let failure: Error | null = null
    try {
      if (fd !== undefined) writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
    } catch (error) {
      failure = error as Error // the reader is gone: an 'error' event, as on any stream
    }
    done(failure)
  }
  stream._write = write
  // Node's own class has this method, and prefers it after cork().
  stream._writev = (chunks, done) =>
    write(Buffer.concat(chunks.map(({ chunk, encoding }) => Buffer.from(chunk, encoding))), 'utf8', done)
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      // A pipe that is full, and not blocking as the main thread uses it, too. Its reader needs a moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(never, 0, 0, 1)
    }
  }
}

const never: Int32Array = new Int32Array(new SharedArrayBuffer(4))
