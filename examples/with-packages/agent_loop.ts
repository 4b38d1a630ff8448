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

/** One answer of the model, as it streams: a text, or calls of tools. */
export class Turn {
  text = ''
  readonly calls: ToolCall[] = []

  take({ choices: [choice] }: OpenAI.ChatCompletionChunk): string {
    const text = choice?.delta.content ?? ''
    this.text += text
    for (const { index, id, function: part } of choice?.delta.tool_calls ?? []) {
      this.calls[index] ??= { id: id ?? '', name: part?.name ?? '', arguments: '' }
      this.calls[index].arguments += part?.arguments ?? ''
    }
    return text
  }

  /** The messages that tell the model what its tools have returned. */
  followedBy(results: readonly string[]): Message[] {
    const calls = this.calls.map(({ id, name, arguments: json }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: json },
    }))
    const tools = results.map((content, n) => ({ role: 'tool' as const, tool_call_id: calls[n]?.id ?? '', content }))
    return [{ role: 'assistant', tool_calls: calls }, ...tools]
  }
}

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
  const names = tools.map(({ name }) => name)
  for (;;) {
    const turn = new Turn()
    yield* forEach(
      (signal) => client.chat.completions.create(request(messages, names), { signal }),
      function* (chunk) {
        say(turn.take(chunk))
      },
    )
    if (turn.calls.length === 0) return turn.text
    messages.push(...turn.followedBy(yield* gather(turn.calls.map((call) => use(call, tools, say)))))
  }
}

function* use({ name, arguments: json }: ToolCall, tools: readonly Tool[], say: Say): Coroutine<string> {
  const tool = tools.find((each) => each.name === name)
  if (tool === undefined) return `there is no tool ${name}`
  say(`[${name}]\n`)
  return yield* tool.run((JSON.parse(json) as { question: string }).question, say)
}

export function request(messages: Message[], tools: readonly string[]): OpenAI.ChatCompletionCreateParamsStreaming {
  const parameters = { type: 'object', properties: { question: { type: 'string' } } }
  const described = tools.map((name) => ({ type: 'function' as const, function: { name, parameters } }))
  return { model: 'fake', messages, tools: described, stream: true }
}
