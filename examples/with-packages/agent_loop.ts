// The agent of agent.ts. Nothing in it is about stopping.
import OpenAI from 'openai'
import { type Coroutine, forEach, gather } from 'spindle'
import { runProcess } from 'spindle/node'
import { fakeModel } from '../support/fake_model.ts'

export type Message = OpenAI.ChatCompletionMessageParam
export type Say = (text: string) => void

export interface Tool {
  readonly name: string
  run(question: string, say: Say): Coroutine<string>
}

export type ToolCall = { readonly id: string; readonly name: string; arguments: string }

export const server = await fakeModel({ pace: process.argv.includes('--stops') ? 2 : 60 })
export const client = new OpenAI({ baseURL: server.url, apiKey: 'none' })

/** Starts a process that starts another. */
export const COMMAND = 'sleep 0.1 & wait; echo 7 files'

export const shell: Tool = {
  name: 'shell',
  *run() {
    const { stdout } = yield* runProcess(['sh', '-c', COMMAND], { capture: true, encoding: 'utf8' })
    return stdout.trim()
  },
}

export const research: Tool = {
  name: 'research',
  run: (question, say) =>
    agent(`About: ${question}`, [shell], (text) => void (text.startsWith('[') && say(`  ${text}`))),
}

/** Asks the model, and runs the tools that it wants, until it answers. */
export function* agent(question: string, tools: readonly Tool[], say: Say): Coroutine<string> {
  const messages: Message[] = [{ role: 'user', content: question }]
  for (;;) {
    const { text, calls } = yield* turn(messages, tools, say)
    if (calls.length === 0) return text
    messages.push({
      role: 'assistant',
      tool_calls: calls.map(({ id, name, arguments: json }) => ({
        id,
        type: 'function',
        function: { name, arguments: json },
      })),
    })
    const results = yield* gather(calls.map((call) => use(call, tools, say)))
    for (const [index, content] of results.entries()) {
      messages.push({ role: 'tool', tool_call_id: calls[index]?.id ?? '', content })
    }
  }
}

/** Streams one answer of the model: a text, or calls of tools. */
function* turn(
  messages: Message[],
  tools: readonly Tool[],
  say: Say,
): Coroutine<{ readonly text: string; readonly calls: readonly ToolCall[] }> {
  let text = ''
  const calls: ToolCall[] = []
  const request = { model: 'fake', messages, tools: tools.map(({ name }) => described(name)), stream: true } as const
  yield* forEach(
    (signal) => client.chat.completions.create(request, { signal }),
    function* ({ choices: [choice] }) {
      if (choice?.delta.content) say(choice.delta.content)
      text += choice?.delta.content ?? ''
      for (const { index, id, function: part } of choice?.delta.tool_calls ?? []) {
        calls[index] ??= { id: id ?? '', name: part?.name ?? '', arguments: '' }
        calls[index].arguments += part?.arguments ?? ''
      }
    },
  )
  return { text, calls }
}

function* use({ name, arguments: json }: ToolCall, tools: readonly Tool[], say: Say): Coroutine<string> {
  const tool = tools.find((each) => each.name === name)
  if (tool === undefined) return `there is no tool ${name}`
  say(`[${name}]\n`)
  return yield* tool.run((JSON.parse(json) as { question: string }).question, say)
}

export function described(name: string): OpenAI.ChatCompletionTool {
  const parameters = { type: 'object', properties: { question: { type: 'string' } } }
  return { type: 'function', function: { name, parameters } }
}
