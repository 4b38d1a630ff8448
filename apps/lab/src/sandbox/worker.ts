// The Worker in the sandbox: runs one program and answers once. Then the frame ends it.

import { runProgram } from './run-program.ts'
import type { RunRequest } from './run-request.ts'

interface WorkerScope {
  onmessage: ((event: { readonly data: RunRequest | 'warm up' }) => void) | null
  postMessage(data: unknown): void
}

// The engine compiles a function when it is first called, which takes longer than the run of a lesson. A Worker that
// waits for its program therefore runs this one first.
const WARM_UP = `import { type Coroutine, createTask, gather, run, sleep, taskGroup, timeout } from 'spindle'
class Door {
  #open = false;
  *enter(name: string): Coroutine<string> {
    this.#open = true
    try {
      for (let n = 0; n < 2; n++) yield* sleep(5)
      return \`\${name} is in\`
    } catch (error) {
      console.log(String(error))
      throw error
    } finally {
      yield* sleep(1)
      this.#open = false
    }
  }
}
function* main(): Coroutine<void> {
  const door = new Door()
  const task = createTask(door.enter('a'))
  yield* sleep(2)
  task.cancel()
  try {
    yield* task
  } catch {
    console.log('over', task.cancelled())
  }
  yield* gather([door.enter('b'), door.enter('c')])
  yield* taskGroup(function* (group) {
    group.createTask(door.enter('d'))
  })
  yield* timeout(100, () => sleep(1))
}
await run(main())`

const scope = globalThis as unknown as WorkerScope
const answer = scope.postMessage.bind(scope)
scope.onmessage = ({ data }) => {
  if (data === 'warm up') {
    void runProgram({ source: WARM_UP, schedule: [], seed: 1 }, () => answer({ ready: true }))
    return
  }
  scope.onmessage = null
  void runProgram(data, answer)
}
answer({ ready: true })
