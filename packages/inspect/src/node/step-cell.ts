// The current step of a thread, in shared memory: the thread writes it at each step of a Task, and a helper thread
// reads it while the thread blocks.
//
//   Int32    version    odd while it is written: a reader waits for an even one, and reads again if it has changed
//            step       no step, a step, or a step whose own line is in `text`
//            tasks      how many there are
//            length     of the text
//   Float64  since      when this step began, or the last one ended, in ms since 1970
//   bytes    text       of the Task that runs or has run last, as JSON

const [VERSION, STEP, TASKS, LENGTH] = [0, 1, 2, 3]
const [NO_STEP, A_STEP, WITH_ITS_LINE] = [0, 1, 2]
const SINCE = 16
const HEADER = 24
const ROOM = 8192

/** A step that is running; `task` is undefined between steps. */
export interface StepRecord {
  readonly since: number
  readonly task: (StepTask & { readonly inThisStep: boolean }) | undefined
  readonly tasks: number
}

export interface StepTask {
  readonly id: number
  readonly name: string
  /** The place where a step of it began: `load() main.ts:12`, or ''. */
  readonly at: string
}

export class StepCell {
  readonly memory: SharedArrayBuffer
  readonly #integers: Int32Array
  readonly #since: Float64Array
  readonly #text: Uint8Array
  #written: Uint8Array | undefined

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEADER + ROOM)) {
    this.memory = memory
    this.#integers = new Int32Array(memory, 0, 4)
    this.#since = new Float64Array(memory, SINCE, 1)
    this.#text = new Uint8Array(memory, HEADER)
  }

  /** @param task made by `encodeTask` */
  begin(since: number, tasks: number, task: Uint8Array, hasItsLine: boolean): void {
    const integers = this.#integers
    Atomics.add(integers, VERSION, 1)
    if (task !== this.#written) this.#text.set(task)
    this.#written = task
    integers[LENGTH] = task.length
    integers[TASKS] = tasks
    integers[STEP] = hasItsLine ? WITH_ITS_LINE : A_STEP
    this.#since[0] = since
    Atomics.add(integers, VERSION, 1)
  }

  end(since: number, tasks: number): void {
    const integers = this.#integers
    Atomics.add(integers, VERSION, 1)
    integers[TASKS] = tasks
    integers[STEP] = NO_STEP
    this.#since[0] = since
    Atomics.add(integers, VERSION, 1)
  }

  read(): StepRecord {
    for (;;) {
      const version = Atomics.load(this.#integers, VERSION)
      if (version % 2 !== 0) continue
      const [, step, tasks = 0, length] = this.#integers
      const since = this.#since[0] as number
      const text = this.#text.slice(0, length)
      if (Atomics.load(this.#integers, VERSION) !== version) continue
      if (step === NO_STEP) return { since, tasks, task: undefined }
      const task = JSON.parse(new TextDecoder().decode(text)) as StepTask
      return { since, tasks, task: { ...task, inThisStep: step === WITH_ITS_LINE } }
    }
  }
}

/** @param task with a name and a line of at most 500 characters */
export function encodeTask(task: StepTask): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(task))
}

const { timeOrigin } = performance // a getter, and slow

/** Now, in ms since 1970: the same on all threads of a process. */
export function now(): number {
  return timeOrigin + performance.now()
}
