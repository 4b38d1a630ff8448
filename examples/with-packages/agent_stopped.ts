// The agent of agent.ts, stopped at random moments, and the same agent in plain TypeScript, which passes a signal on to
// the SDK, to its tools and to the processes. Look at: the counts of both.
// Run: npx tsx examples/with-packages/agent_stopped.ts     with --stops 1000, for example
// Prints: an answer, and what the stops leave     Next: openai.ts
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { stopped } from '../support/stopped.ts'
import {
  agent,
  COMMAND,
  client,
  described,
  type Message,
  research,
  server,
  shell,
  type ToolCall,
} from './agent_loop.ts'

async function agentPlain(question: string, tools: readonly string[], signal: AbortSignal): Promise<string> {
  const messages: Message[] = [{ role: 'user', content: question }]
  for (;;) {
    const { text, calls } = await turnPlain(messages, tools, signal)
    signal.throwIfAborted() // the SDK ends an aborted stream as if it were whole
    if (calls.length === 0) return text
    messages.push({
      role: 'assistant',
      tool_calls: calls.map(({ id, name, arguments: json }) => ({
        id,
        type: 'function',
        function: { name, arguments: json },
      })),
    })
    const results = await Promise.all(calls.map((call) => usePlain(call, signal)))
    for (const [index, content] of results.entries()) {
      messages.push({ role: 'tool', tool_call_id: calls[index]?.id ?? '', content })
    }
  }
}

async function turnPlain(
  messages: Message[],
  tools: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly calls: readonly ToolCall[] }> {
  let text = ''
  const calls: ToolCall[] = []
  const request = { model: 'fake', messages, tools: tools.map(described), stream: true } as const
  for await (const { choices } of await client.chat.completions.create(request, { signal })) {
    text += choices[0]?.delta.content ?? ''
    for (const { index, id, function: part } of choices[0]?.delta.tool_calls ?? []) {
      calls[index] ??= { id: id ?? '', name: part?.name ?? '', arguments: '' }
      calls[index].arguments += part?.arguments ?? ''
    }
  }
  return { text, calls }
}

async function usePlain({ name, arguments: json }: ToolCall, signal: AbortSignal): Promise<string> {
  const { question } = JSON.parse(json) as { question: string }
  if (name === 'research') return agentPlain(`About: ${question}`, ['shell'], signal)
  return (await promisify(execFile)('sh', ['-c', COMMAND], { signal })).stdout.trim()
}

const question = 'What is in this folder'
await stopped({
  spindle: () => agent(question, [shell, research], () => {}),
  plain: (signal) => agentPlain(question, ['shell', 'research'], signal),
  held: server.open,
})
server.close()
