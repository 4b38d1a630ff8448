// Keeps three services running: starts them in order, restarts those that die, and shuts all down in reverse order.
// Look at: keep(), where a wait that is cancelled ends the process it waits for.
// Run: npx tsx examples/supervisor/supervisor.ts
// Prints: what the services write, and what becomes of them, until Ctrl-C or SIGTERM
// Next: ../README.md
import { type Coroutine, createTask, Event, forEach, sleep, type Task, uncancellable, wait } from 'spindle'
import { createSubprocessExec, type Process, runMain } from 'spindle/node'

interface Service {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

const SHORTEST_DELAY = 100 // ms, before a service is started again; twice as long each time
const LONGEST_DELAY = 5000

/**
 * Three services, written for the shell: one that tidies up when it is to end, one that dies again and again, one that
 * just runs.
 */
const services: readonly Service[] = [
  shell('db', 'trap "echo writing to disk; exit 0" TERM; echo ready; while :; do sleep 0.05; done'),
  shell('worker', 'echo working; sleep 0.1; exit 1'),
  shell('web', 'echo serving; while :; do sleep 0.05; done'),
]

function shell(name: string, script: string): Service {
  return { name, program: 'sh', args: ['-c', script] }
}

/** Keeps the service running until this is cancelled; `started` is set when it runs for the first time. */
function* keep(service: Service, started: Event): Coroutine<void> {
  for (let delay = SHORTEST_DELAY; ; delay = Math.min(2 * delay, LONGEST_DELAY)) {
    // A separate session, so that this program decides what a Ctrl-C on the terminal does.
    const child = yield* createSubprocessExec(service.program, service.args, { stdout: 'pipe', newSession: true })
    console.log(`${service.name}: started as ${child.pid}`)
    started.set()
    const showing = createTask(show(service.name, child))
    try {
      // Cancelled here, it terminates the process, and waits until it has ended.
      yield* child.wait({ endOnCancel: true })
    } finally {
      yield* uncancellable(() => showing) // its last words
      console.log(`${service.name}: ended with ${child.returncode}`)
    }
    yield* sleep(delay)
  }
}

function* show(name: string, child: Process<undefined, 'pipe', undefined>): Coroutine<void> {
  yield* forEach(child.stdout, function* (line) {
    console.log(`${name} | ${String(line).trim()}`)
  })
}

function* main(): Coroutine<void> {
  const running: Task<void>[] = []
  try {
    for (const service of services) {
      const started = new Event()
      running.push(createTask(keep(service, started), { name: service.name }))
      yield* started.wait()
    }
    yield* wait(running) // which never ends by itself
  } finally {
    yield* uncancellable(function* () {
      for (const task of running.reverse()) {
        task.cancel()
        yield* wait([task])
      }
    })
    console.log('all are down')
  }
}

await runMain(main())
