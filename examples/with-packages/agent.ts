// An agent that streams its answer, runs two tools at a time, one of them an agent itself, and is stopped by Esc, or
// by a client that leaves. Look at: terminal() and web(), which cancel one Task; agent_loop.ts has nothing about that.
// Run: npx tsx examples/with-packages/agent.ts     --http serves it instead of asking it
// Prints: which tools it uses, and its answer     Next: agent_stopped.ts
import { createServer } from 'node:http'
import { emitKeypressEvents } from 'node:readline'
import { abandon, type Coroutine, createTask, events, forEach, once, wait } from 'spindle'
import { handler, runMain, StreamWriter } from 'spindle/node'
import { agent, research, server, shell } from './agent_loop.ts'

/** In a terminal: Esc or Ctrl-C stops the answer, again abandons what takes its time, and again ends the program. */
function* terminal(question: string): Coroutine<void> {
  const { stdin, stdout } = process
  const answer = createTask(agent(question, [shell, research], (text) => stdout.write(text)))
  const steps = [() => answer.cancel('Esc'), abandon, () => process.exit(130)]
  const keys = stdin.isTTY ? createTask(onEscape(() => steps.shift()?.())) : undefined
  try {
    yield* wait([answer])
    if (!answer.cancelled()) yield* answer // throws what it has thrown
    stdout.write(answer.cancelled() ? `\nstopped; requests that go on: ${server.open()}\n` : '\n')
  } finally {
    keys?.cancel()
    if (!answer.done()) answer.cancel()
    if (stdin.isTTY) stdin.setRawMode(false).pause()
    server.close()
  }
}

function* onEscape(stop: () => void): Coroutine<void> {
  emitKeypressEvents(process.stdin)
  process.stdin.setRawMode(true)
  const keys = events<[string, { readonly name: string; readonly ctrl: boolean }]>(process.stdin, 'keypress')
  yield* forEach(keys, function* ([, key]) {
    if (key.name === 'escape' || (key.name === 'c' && key.ctrl)) stop()
  })
}

/** Over HTTP: a client that leaves stops its answer. */
function* web(): Coroutine<void> {
  const site = createServer(
    handler(function* (request, response) {
      const question = new URL(request.url ?? '', 'http://localhost').searchParams.get('q') ?? 'What is a spindle'
      const out = StreamWriter.from(response)
      yield* agent(question, [shell, research], (text) => out.write(text))
      out.close()
    }),
  ).listen(0, '127.0.0.1')
  yield* once(site, 'listening')
  console.log(`curl -N http://127.0.0.1:${(site.address() as { port: number }).port}/?q=hello`)
  try {
    yield* once(site, 'close') // until Ctrl-C
  } finally {
    site.close()
    site.closeAllConnections()
    server.close()
  }
}

await runMain(process.argv.includes('--http') ? web() : terminal('What is in this folder'))
