// The page's side of the sandbox. Programs arrive in links, so each runs in a new Worker, in a frame with an opaque
// origin and a policy that forbids all loading and communication. The result was produced by the program, so it is
// treated as data and validated.

import type { RunRequest, RunResult } from './run-request.ts'

/** The frame may run the scripts that it was given, and nothing else. */
export const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:"

/** The time in ms after which a program that does not end is stopped. */
const WATCHDOG = 1000

const SPARES = 2

// Runs in the frame. Spare Workers are started in advance, so that the next run finds one ready, also while one types.
function frameMain(watchdog: number, spareCount: number): void {
  interface Prepared {
    readonly worker: Worker
    isReady: boolean
    start: (() => void) | undefined
  }
  const spares: Prepared[] = []
  let url = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Worker | undefined
  // The watchdog starts when the Worker is ready, which may take a while on a busy machine.
  const prepare = (): Prepared => {
    const made: Prepared = { worker: new Worker(url), isReady: false, start: undefined }
    let isWarm = false
    made.worker.onmessage = () => {
      if (made.start !== undefined) return made.start()
      if (isWarm) made.isReady = true
      else made.worker.postMessage('warm up')
      isWarm = true
    }
    return made
  }
  const end = (): void => {
    clearTimeout(timer)
    running?.terminate()
    running = undefined
  }
  addEventListener('message', ({ source, data }) => {
    if (source !== parent) return
    if (typeof data.worker === 'string') {
      url = URL.createObjectURL(new Blob([data.worker], { type: 'text/javascript' }))
      spares.push(prepare())
      parent.postMessage({ ready: true }, '*')
      return
    }
    const { id, request } = data
    end()
    const taken = spares.shift() ?? prepare()
    const { worker } = taken
    running = worker
    const answer = (result: unknown): void => {
      clearTimeout(timer)
      parent.postMessage({ id, result }, '*')
      // The page has the same thread: it draws first.
      setTimeout(() => {
        if (running === worker) end()
        while (spares.length < spareCount) spares.push(prepare())
      })
    }
    const start = (): void => {
      if (running !== worker) return
      timer = setTimeout(
        () => answer(null),
        watchdog * (request.judge === undefined && request.explore === undefined ? 1 : 10),
      )
      worker.onmessage = (event) => answer(event.data)
      worker.postMessage(request)
    }
    worker.onerror = (event) => {
      event.preventDefault()
      answer({ error: event.message })
    }
    if (taken.isReady) start()
    else taken.start = start
  })
}

export class Sandbox {
  readonly #frame: HTMLIFrameElement
  readonly #ready: Promise<void>
  #lastId = 0
  #answer: ((data: { readonly id: number; readonly result: unknown }) => void) | undefined
  #supersede: (() => void) | undefined

  constructor(worker: Promise<string>, policy: string = POLICY) {
    this.#frame = document.createElement('iframe')
    this.#frame.setAttribute('sandbox', 'allow-scripts')
    this.#frame.title = 'the sandbox in which the program runs'
    this.#frame.tabIndex = -1
    this.#frame.setAttribute('aria-hidden', 'true')
    this.#frame.style.display = 'none'
    this.#frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><script>(${frameMain})(${WATCHDOG}, ${SPARES})</script>`
    this.#ready = new Promise((resolve) => {
      this.#frame.addEventListener('load', async () => this.#post({ worker: await worker }))
      addEventListener('message', ({ source, data }) => {
        if (source !== this.#frame.contentWindow || typeof data !== 'object' || data === null) return
        if (data.ready === true) resolve()
        else this.#answer?.(data)
      })
    })
    document.body.append(this.#frame)
  }

  /** Runs a program, and ends the previous run, which resolves to undefined. */
  async run(request: RunRequest): Promise<RunResult | undefined> {
    const id = ++this.#lastId
    this.#supersede?.()
    const result = new Promise<RunResult | undefined>((resolve) => {
      this.#supersede = () => resolve(undefined)
      this.#answer = (data) => {
        if (data.id === id) resolve(data.result === null ? failed('too-long', TOO_LONG) : checked(data.result))
      }
    })
    await this.#ready
    if (id === this.#lastId) this.#post({ id, request })
    return result
  }

  dispose(): void {
    this.#frame.remove()
  }

  #post(data: unknown): void {
    this.#frame.contentWindow?.postMessage(data, '*')
  }
}

const TOO_LONG =
  'it did not end in time and does not answer, so it was stopped. Look for a long computation, such as a regular expression, for too many Tasks, or for an await that never ends'

function failed(kind: 'too-long' | 'error', message: string): RunResult {
  return { recording: { version: 1, rows: [] }, awaits: [], failure: { kind, message, line: 0 } }
}

function checked(result: unknown): RunResult {
  const { recording, awaits, error } = (result ?? {}) as Partial<RunResult> & { error?: unknown }
  const rows = recording?.rows
  const isSound =
    Array.isArray(rows) &&
    rows.every((row) => typeof row?.kind === 'string' && Number.isFinite(row.time)) &&
    Array.isArray(awaits)
  if (isSound) return result as RunResult
  return failed('error', typeof error === 'string' ? error : 'the sandbox returned something that is not a recording')
}
