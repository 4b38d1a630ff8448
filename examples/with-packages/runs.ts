// The agent over HTTP, whose answer outlives its client: a page that is closed, and opened again, receives the rest.
// Look at: Run, a Task of the server, and its output. A client that leaves ends only its own reader. The button cancels
// the Task, and so does the server when nobody has read for a while.
// Run: npx tsx examples/with-packages/runs.ts     --keep 5000: how many ms a run stays without a reader
// Prints: where the page is     Next: agent_stopped.ts
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { type Coroutine, call, createTask, Event, getRunningLoop, type Handle, once, type Task, wait } from 'spindle'
import { handler, runMain, StreamWriter, serve } from 'spindle/node'
import { agent, Conversation, server as model, research, type Say, shell } from './agent_loop.ts'

const { keep } = parseArgs({ options: { keep: { type: 'string', default: '60000' } } }).values
const runs = new Map<string, Run>()

/** A piece of work that belongs to the server, and all that it has said. */
class Run {
  readonly id: string = randomUUID()
  readonly said: string[] = []
  readonly task: Task<unknown>
  readonly #news = new Event()
  #readers = 0
  #expiry: Handle | undefined

  /** Called by a handler, whose loop stays until the server has ended. */
  constructor(work: (say: Say) => Coroutine<unknown>) {
    this.task = createTask(work((text) => this.#say(text)))
    this.task.addDoneCallback(() => this.#news.set()) // and it stays set
    this.#keep()
    runs.set(this.id, this)
  }

  /** Passes each chunk from number `next` on to the block, until the run has ended. */
  *read(next: number, block: (chunk: string, n: number) => Coroutine<void>): Coroutine<void> {
    this.#readers++
    this.#expiry?.cancel()
    try {
      for (let n = next; ; ) {
        for (; n < this.said.length; n++) yield* block(this.said[n] as string, n)
        if (this.task.done()) return
        yield* this.#news.wait()
      }
    } finally {
      if (--this.#readers === 0) this.#keep()
    }
  }

  /** How it has ended. */
  outcome(): string {
    if (this.task.cancelled()) return 'stopped'
    const error = this.task.exception()
    return error === undefined ? 'done' : `failed: ${error}`
  }

  #say(text: string): void {
    if (text === '') return
    this.said.push(text)
    this.#news.set() // wakes the readers that wait now
    this.#news.clear()
  }

  #keep(): void {
    this.#expiry = getRunningLoop().callLater(Number(keep), () => {
      this.task.cancel('nobody reads it')
      runs.delete(this.id)
    })
  }
}

/** POST /runs starts a run, GET /runs/ID joins it, DELETE /runs/ID stops it. */
function* answer(request: IncomingMessage, response: ServerResponse): Coroutine<void> {
  const { pathname } = new URL(request.url ?? '', 'http://localhost')
  const run = runs.get(pathname.replace('/runs/', ''))
  if (pathname === '/') response.setHeader('content-type', 'text/html').end(PAGE)
  else if (pathname === '/runs' && request.method === 'POST') yield* start(request, response)
  else if (run === undefined) response.writeHead(404).end('there is no such run')
  else if (request.method === 'DELETE') yield* stop(run, response)
  else yield* join(run, request, response)
}

function* start(request: IncomingMessage, response: ServerResponse): Coroutine<void> {
  const question = yield* call(async () => Buffer.concat(await request.toArray()).toString())
  if (question === '') return void response.writeHead(400).end('the body is the question')
  const { id } = new Run((say) => agent(new Conversation(question), [shell, research], say))
  response.writeHead(201, { location: `/runs/${id}` }).end(id)
}

/** Sends events that have a number. A browser that connects again names the last that it has received. */
function* join(run: Run, request: IncomingMessage, response: ServerResponse): Coroutine<void> {
  const last = `${request.headers['last-event-id']}`
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const out = StreamWriter.from(response)
  yield* run.read(/^\d+$/.test(last) ? Number(last) + 1 : 0, function* (chunk, n) {
    out.write(`id: ${n}\ndata: ${JSON.stringify(chunk)}\n\n`)
    yield* out.drain() // a slow reader keeps nobody else waiting
  })
  out.write(`event: end\ndata: ${run.outcome()}\n\n`)
  out.close()
}

/** Answers when the run has stopped, with its tools and their processes. */
function* stop(run: Run, response: ServerResponse): Coroutine<void> {
  run.task.cancel('the button')
  yield* wait([run.task])
  response.end(run.outcome())
}

const PAGE = `<!doctype html><title>runs</title>
<form><input name=question value="What is in this folder"><button>Ask</button></form><pre></pre><button id=stop>Stop</button>
<script type=module>
const run = () => '/runs/' + location.hash.slice(1)
let source
function join() { // also after a reload, and in a second window
  source?.close()
  document.querySelector('pre').textContent = ''
  source = new EventSource(run())
  source.onmessage = ({ data }) => document.querySelector('pre').append(JSON.parse(data))
  source.addEventListener('end', ({ data }) => { source.close(); document.querySelector('pre').append('\\n' + data) })
}
onhashchange = join
if (location.hash) join()
document.querySelector('form').onsubmit = async (event) => {
  event.preventDefault()
  location.hash = await (await fetch('/runs', { method: 'POST', body: event.target.question.value })).text()
}
document.querySelector('#stop').onclick = () => fetch(run(), { method: 'DELETE' })
</script>`

function* main(): Coroutine<void> {
  const site = createServer(handler(answer)).listen(0, '127.0.0.1')
  yield* once(site, 'listening')
  console.log(`http://127.0.0.1:${(site.address() as { port: number }).port}/`)
  try {
    // Until a signal comes. Then the runs end, and with them their readers.
    yield* serve(site, { onStop: () => runs.forEach(({ task }) => void task.cancel('the server stops')) })
  } finally {
    model.close()
  }
}

await runMain(main())
