// The Worker in the sandbox: runs one program and answers once. Then the frame ends it.

import { onSpindle } from '../home/programs.ts'
import { runProgram } from './run-program.ts'
import type { RunRequest } from './run-request.ts'

interface WorkerScope {
  onmessage: ((event: { readonly data: RunRequest | 'warm up' }) => void) | null
  postMessage(data: unknown): void
}

// The engine compiles a function when it is first called, which takes longer than the run of a lesson. A Worker that
// waits for its program therefore runs this one first: it cancels a group with clean-up.
const WARM_UP = onSpindle(34).source

const scope = globalThis as unknown as WorkerScope
const answer = scope.postMessage.bind(scope)
// A program must not answer in place of its judge.
for (let owner = scope; owner !== null; owner = Object.getPrototypeOf(owner))
  if (Object.hasOwn(owner, 'postMessage')) Object.defineProperty(owner, 'postMessage', { value: undefined })
scope.onmessage = ({ data }) => {
  if (data === 'warm up') {
    void runProgram({ source: WARM_UP, schedule: [], seed: 1 }, () => answer({ ready: true }))
    return
  }
  scope.onmessage = null
  void runProgram(data, answer)
}
answer({ ready: true })
