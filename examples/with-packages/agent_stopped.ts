// The agent of agent.ts, stopped at random moments, and the same agent in plain TypeScript, which passes a signal on to
// the SDK, to its tools and to the processes. Look at: the counts of both.
// Recipe for a whole agent: the end of the stream, of its tools and of their processes
// Write: `forEach`, `gatherMap` and `runProcess`, as in agent_loop.ts
// Run: npx tsx examples/with-packages/agent_stopped.ts     with --stops 1000, for example
// Prints: an answer, and what the stops leave     Next: openai.ts
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { runMain } from 'spindle/node'
import { stopped } from '../support/stopped.ts'
import { agent, COMMAND, Conversation, client, request, research, server, shell, type ToolCall } from './agent_loop.ts'

async function agentPlain(question: string, tools: readonly string[], signal: AbortSignal): Promise<string> {
  const conversation = new Conversation(question)
  for (;;) {
    const messages = conversation.messages()
    const turn = conversation.nextTurn()
    for await (const chunk of await client.chat.completions.create(request(messages, tools), { signal }))
      turn.take(chunk)
    signal.throwIfAborted() // the SDK ends an aborted stream as if it were whole
    if (turn.wanted.length === 0) return turn.text
    await Promise.all(turn.wanted.map((call) => usePlain(call, signal)))
  }
}

async function usePlain(call: ToolCall, signal: AbortSignal): Promise<void> {
  const { question } = JSON.parse(call.arguments) as { question: string }
  call.result =
    call.name === 'research'
      ? await agentPlain(`About: ${question}`, ['shell'], signal)
      : (await promisify(execFile)('sh', ['-c', COMMAND], { signal })).stdout.trim()
}

const question = 'What is in this folder'
await runMain(
  stopped({
    spindle: () => agent(new Conversation(question), [shell, research], () => {}),
    plain: (signal) => agentPlain(question, ['shell', 'research'], signal),
    held: server.open,
  }),
)
server.close()
