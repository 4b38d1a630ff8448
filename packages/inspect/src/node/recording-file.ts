import { closeSync, fchmodSync, fstatSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import type { EventLoop } from 'spindle'
import { printable } from '../printable.ts'
import { RecordingStream } from './recording-stream.ts'

// A recording contains the names, messages and places of a program.
const OWNER_ONLY = 0o600

/**
 * A file to which loops are recorded. After a crash it has everything up to that point. If the file can't be written,
 * the program continues without being recorded.
 */
export class RecordingFile {
  readonly path: string
  readonly #stream: RecordingStream
  readonly #file: number | undefined
  #hasFailed = false // for example because the disk is full: after it, nothing is recorded

  /** @param turns whether to add a row where an iteration of the loop ends */
  constructor(path: string, turns: boolean) {
    this.path = path
    this.#stream = new RecordingStream((text) => this.#write(text), { turns })
    this.#file = this.#unlessFailed(() => openForOwner(path))
    this.#stream.flush()
  }

  get rows(): number {
    return this.#stream.rows
  }

  watch(loop: EventLoop): void {
    if (!this.#hasFailed) this.#stream.watch(loop)
  }

  close(): void {
    this.#write(this.#stream.end())
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #write(text: string): void {
    this.#unlessFailed(() => writeSync(this.#file!, text))
  }

  #unlessFailed<T>(call: () => T): T | undefined {
    if (this.#hasFailed) return undefined
    try {
      return call()
    } catch (error) {
      this.#hasFailed = true
      this.#stream.end()
      console.error(`The recording ${printable(this.path)} ends here: ${printable(String(error))}`)
      return undefined
    }
  }
}

/**
 * Opens a file that only this user can read. An existing file is replaced unless it was private: another user may have
 * it open. @returns its descriptor
 */
export function openForOwner(path: string): number {
  let before = lstatSync(path, { throwIfNoEntry: false })
  if (before?.isFile() && !(before.uid === process.getuid?.() && (before.mode & 0o077) === 0)) {
    rmSync(path)
    before = undefined
  }
  const file = openSync(path, before === undefined ? 'wx' : 'w', OWNER_ONLY)
  if (fstatSync(file).isFile()) fchmodSync(file, OWNER_ONLY) // a pipe or a terminal keeps its mode
  return file
}
