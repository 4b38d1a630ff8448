// The Worker in the sandbox: runs one program and answers once. Then the frame ends it.

import { type RunRequest, runProgram } from './run-program.ts'

interface WorkerScope {
  onmessage: ((event: { readonly data: RunRequest }) => void) | null
  postMessage(data: unknown): void
}

const scope = globalThis as unknown as WorkerScope
const answer = scope.postMessage.bind(scope)
scope.onmessage = ({ data }) => {
  scope.onmessage = null
  runProgram(data, answer)
}
answer({ ready: true })
