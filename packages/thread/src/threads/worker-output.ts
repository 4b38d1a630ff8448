import { writeSync } from 'node:fs'

/** Writes the output of this worker directly to the file, or nowhere: a main thread that blocks would delay it. */
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
      failure = error as Error // an 'error' event, as on any stream
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
      // A full pipe, which does not block because the main thread uses it, too.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(NEVER, 0, 0, 1)
    }
  }
}

const NEVER: Int32Array = new Int32Array(new SharedArrayBuffer(4))
