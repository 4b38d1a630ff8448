import { closeSync, fchmodSync, fstatSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import type { EventLoop } from 'spindle'
import { RecordingStream } from './recording-stream.ts'

// A recording contains the names, messages and places of a program.
const OWNER_ONLY = 0o600

/** A file to which loops are recorded. After a crash it has everything up to that point. */
export class RecordingFile {
  readonly path: string
  readonly #stream: RecordingStream
  readonly #file: number
  #hasFailed = false // for example because the disk is full: after it, nothing is recorded

  /**
   * @param turns whether to add a row where an iteration of the loop ends
   * @throws the error of the file system if the file cannot be written
   */
  constructor(path: string, turns: boolean) {
    this.path = path
    this.#file = openForOwner(path)
    this.#stream = new RecordingStream((text) => this.#write(text), { turns })
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
    closeSync(this.#file)
  }

  #write(text: string): void {
    if (this.#hasFailed) return
    try {
      writeSync(this.#file, text)
    } catch (error) {
      // The program continues without being recorded.
      this.#hasFailed = true
      this.#stream.end()
      console.error(`The recording ${this.path} ends here: ${String(error)}`)
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
