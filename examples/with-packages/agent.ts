// An agent that streams its answers, runs two tools at a time, one of them an agent itself, and is stopped by Esc.
// Look at: the Conversation, which is no part of the Task that Esc cancels: what you have read is in the next request.
// Run: npx tsx examples/with-packages/agent.ts
// Prints: for each line that you type, which tools it uses, and its answer     Next: runs.ts
import { createInterface } from 'node:readline'
import { type Coroutine, createTask, events, forEach, type Task, wait } from 'spindle'
import { abandon } from 'spindle/more'
import { runMain } from 'spindle/node'
import { agent, Conversation, research, server, shell } from './agent_loop.ts'

const { stdin, stdout } = process

function* main(): Coroutine<void> {
  const conversation = new Conversation()
  const lines = createInterface({ input: stdin, output: stdout, prompt: '> ', terminal: stdin.isTTY })
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT')) // Ctrl-C, which readline takes for itself
  let isOpen = true // the input may end during an answer, and Node 24 throws in prompt() then
  lines.once('close', () => {
    isOpen = false
  })
  const prompt = (): void => {
    if (isOpen) lines.prompt()
  }
  try {
    prompt()
    yield* forEach(events<[string]>(lines, 'line', { end: 'close' }), function* ([question]) {
      if (question.trim() !== '') {
        conversation.ask(question)
        yield* answer(conversation)
      }
      prompt()
    })
  } finally {
    lines.close()
  }
}

/** Esc stops the answer. A second Esc abandons slow clean-up. */
function* answer(conversation: Conversation): Coroutine<void> {
  const task = createTask(agent(conversation, [shell, research], (text) => stdout.write(text)))
  const keys = createTask(onEscape(task))
  try {
    yield* wait([task])
    if (task.cancelled()) stdout.write(`\nstopped; requests that go on: ${server.open()}`)
    else yield* task // throws what it has thrown
    stdout.write('\n')
  } finally {
    keys.cancel()
    task.cancel()
  }
}

function* onEscape(task: Task<unknown>): Coroutine<void> {
  const steps = [() => task.cancel('Esc'), abandon]
  const keys = events<[string, { readonly name: string }]>(stdin, 'keypress')
  yield* forEach(keys, function* ([, key]) {
    if (key.name === 'escape') steps.shift()?.()
  })
}

await runMain(main())
server.close() // also if main failed at once: the terminal may be gone
