import { closeSync, fchmodSync, fstatSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import type { EventLoop } from 'spindle'
import { checkOptions } from 'spindle/internal'
import { Recorder } from '../recorder/recorder.ts'
import type { Row } from '../recording.ts'
import { RowWriter, toMicroseconds } from '../recording-file/row-writer.ts'

// Rows are written when they have this many characters, and at least this often while the host gets turns.
const CHUNK = 32_768
const FLUSH_MS = 250

// The names, messages and places of a program are for nobody else.
const OWNER_ONLY = 0o600

/** Options of a recording to a file. */
export interface RecordToOptions {
  /** Whether to add a row where an iteration of the loop ends. */
  readonly turns?: boolean
}

/** A file to which loops are recorded. */
export class RecordingFile implements Disposable {
  readonly path: string
  readonly #writer = new RowWriter()
  readonly #recorder: Recorder
  readonly #file: number
  readonly #timer: NodeJS.Timeout
  readonly #onExit = (): void => this.close()
  #pending = ''
  #isClosed = false
  #failure: unknown

  /** @throws the error of the file system if the file cannot be written */
  constructor(path: string, options: RecordToOptions = {}) {
    checkOptions('recordTo()', options, ['turns'])
    this.path = path
    this.#recorder = new Recorder({ ...options, onRow: (row) => this.#add(row) })
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

  /** The error of a failed write, for example when the disk is full: after it, nothing is recorded. */
  get failure(): unknown {
    return this.#failure
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

  [Symbol.dispose](): void {
    this.close()
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
 * Opens a file that only this user can read, and nobody else has open: a file that has existed is replaced, unless it
 * was private already. @returns its descriptor
 */
export function openForOwner(path: string): number {
  let before = lstatSync(path, { throwIfNoEntry: false })
  if (before?.isFile() && !(before.uid === process.getuid?.() && (before.mode & 0o077) === 0)) {
    rmSync(path)
    before = undefined
  }
  const file = openSync(path, before === undefined ? 'wx' : 'w', OWNER_ONLY)
  if (fstatSync(file).isFile()) fchmodSync(file, OWNER_ONLY) // a pipe or a terminal is not ours
  return file
}

/**
 * Records what happens on a loop to a file, until the loop is closed or the process ends. If the program crashes, the
 * file has everything up to that point. `run(main(), { record: path })` is the same.
 *
 * @throws the error of the file system if the file cannot be written
 */
export function recordTo(loop: EventLoop, path: string, options: RecordToOptions = {}): RecordingFile {
  const file = new RecordingFile(path, options)
  file.watch(loop)
  loop.closeCallbacks.add(() => file.close())
  return file
}
