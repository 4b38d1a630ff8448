import { closeSync, fchmodSync, fstatSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import type { EventLoop } from 'spindle'
import { Recorder } from '../recorder/recorder.ts'
import type { Row } from '../recording.ts'
import { RowWriter, toMicroseconds } from '../recording-file/row-writer.ts'

// Rows are written when they have this many characters, and at least this often while the host gets turns.
const CHUNK = 32_768
const FLUSH_MS = 250

// A recording contains the names, messages and places of a program.
const OWNER_ONLY = 0o600

/** A file to which loops are recorded. After a crash it has everything up to that point. */
export class RecordingFile {
  readonly path: string
  readonly #writer = new RowWriter()
  readonly #recorder: Recorder
  readonly #file: number
  readonly #timer: NodeJS.Timeout
  readonly #onExit = (): void => this.close()
  #pending = ''
  #isClosed = false
  #failure: unknown // of a write, for example when the disk is full: after it, nothing is recorded

  /**
   * @param turns whether to add a row where an iteration of the loop ends
   * @throws the error of the file system if the file cannot be written
   */
  constructor(path: string, turns: boolean) {
    this.path = path
    this.#recorder = new Recorder({ turns, onRow: (row) => this.#add(row) })
    this.#file = openForOwner(path)
    this.#pending = this.#writer.header()
    this.#flush()
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS).unref()
    process.on('exit', this.#onExit) // also after an uncaught exception
  }

  /** The number of rows. */
  get rows(): number {
    return this.#writer.rows
  }

  watch(loop: EventLoop): void {
    this.#recorder.watch(loop)
  }

  /** Ends the file, and stops listening to all loops. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#recorder.stop()
    clearInterval(this.#timer)
    process.off('exit', this.#onExit)
    this.#pending += this.#writer.footer(0)
    this.#flush()
    closeSync(this.#file)
  }

  #add(row: Row): void {
    if (this.#isClosed || this.#failure !== undefined) return
    this.#pending += this.#writer.line(row, toMicroseconds(row.time))
    if (this.#pending.length > CHUNK) this.#flush()
  }

  #flush(): void {
    const text = this.#pending
    this.#pending = ''
    if (text === '' || this.#failure !== undefined) return
    try {
      writeSync(this.#file, text)
    } catch (error) {
      // The program continues without being recorded.
      this.#failure = error
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
