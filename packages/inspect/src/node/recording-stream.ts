import type { EventLoop } from 'spindle'
import type { Numbers } from '../recorder/numbers.ts'
import { Recorder } from '../recorder/recorder.ts'
import type { Row } from '../recording.ts'
import { RowWriter, toMicroseconds } from '../recording-file/row-writer.ts'

// Text is written when it has this many characters, and at least this often while the host gets turns.
const CHUNK = 32_768
const FLUSH_MS = 100

/** A recording that is written while it is made: a process that dies has written almost everything. */
export class RecordingStream {
  readonly #recorder: Recorder
  readonly #writer = new RowWriter()
  readonly #write: (text: string) => void
  readonly #timer: NodeJS.Timeout
  #text = this.#writer.header()

  /** @param options `turns`: whether to add a row where an iteration of the loop ends */
  constructor(
    write: (text: string) => void,
    { turns = false, numbers }: { readonly turns?: boolean; readonly numbers?: Numbers } = {},
  ) {
    this.#write = write
    const onRow = (row: Row): void => {
      this.#text += this.#writer.line(row, toMicroseconds(row.time))
      if (this.#text.length > CHUNK) this.flush()
    }
    this.#recorder = new Recorder({ turns, onRow }, numbers)
    this.#timer = setInterval(() => this.flush(), FLUSH_MS).unref()
  }

  get rows(): number {
    return this.#writer.rows
  }

  watch(loop: EventLoop): void {
    this.#recorder.watch(loop)
  }

  flush(): void {
    const text = this.#text
    this.#text = ''
    if (text !== '') this.#write(text)
  }

  /** Stops listening to all loops, and returns the rest of the text, which has not been written, with the footer. */
  end(): string {
    this.#recorder.stop()
    clearInterval(this.#timer)
    return this.#text + this.#writer.footer(0)
  }
}
