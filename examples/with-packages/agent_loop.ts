// The agent of agent.ts. Nothing in it is about stopping: what was said is kept outside its Task, in a Conversation.
import OpenAI from 'openai'
import { type Coroutine, forEach, gatherMap } from 'spindle'
import { runProcess } from 'spindle/node'
import { fakeModel } from '../support/fake_model.ts'

export type Message = OpenAI.ChatCompletionMessageParam
export type Say = (text: string) => void

export interface Tool {
  readonly name: string
  run(question: string, say: Say): Coroutine<string>
}

/** A call of a tool that the model wants. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  arguments: string
  /** What the tool has returned, as soon as it has. */
  result?: string
}

/** What user, model and tools have said. At each moment it is a request that a provider accepts. */
export class Conversation {
  readonly #turns: (string | Turn)[] = []

  constructor(...questions: readonly string[]) {
    for (const question of questions) this.ask(question)
  }

  /** Adds a question. If the question before it has no answer, the model is told so. */
  ask(question: string): void {
    const last = this.#turns.at(-1)
    if (last !== undefined && !(last instanceof Turn && last.wanted.length === 0)) this.nextTurn()
    this.#turns.push(question)
  }

  /** The place of the model's next turn. */
  nextTurn(): Turn {
    const turn = new Turn()
    this.#turns.push(turn)
    return turn
  }

  messages(): Message[] {
    return this.#turns.flatMap((turn) => (turn instanceof Turn ? turn.messages() : { role: 'user', content: turn }))
  }
}

/** A turn of the model, as it streams: a text, calls of tools, or both. */
export class Turn {
  text = ''
  readonly #calls: ToolCall[] = []
  #isWhole = false

  take({ choices: [choice] }: OpenAI.ChatCompletionChunk): string {
    const text = choice?.delta.content ?? ''
    this.text += text
    for (const { index, id, function: part } of choice?.delta.tool_calls ?? []) {
      this.#calls[index] ??= { id: id ?? '', name: part?.name ?? '', arguments: '' }
      this.#calls[index].arguments += part?.arguments ?? ''
    }
    this.#isWhole ||= typeof choice?.finish_reason === 'string'
    return text
  }

  /** The calls, when all of them have arrived: half a call is none. */
  get wanted(): readonly ToolCall[] {
    return this.#isWhole ? this.#calls : []
  }

  /** No answer may be empty, and no call without its result. */
  messages(): Message[] {
    if (this.wanted.length === 0) return [{ role: 'assistant', content: this.text || 'stopped' }]
    const calls = this.wanted.map(({ id, name, arguments: json }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: json },
    }))
    const results = this.wanted.map(({ id, result }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: result ?? 'stopped',
    }))
    return [{ role: 'assistant', content: this.text || null, tool_calls: calls }, ...results]
  }
}

const isWatched = process.stdout.isTTY && !process.argv.includes('--stops')
export const server = await fakeModel({ pace: isWatched ? 60 : 2 })
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
    agent(new Conversation(`About: ${question}`), [shell], (text) => void (text.startsWith('[') && say(`  ${text}`))),
}

/** Asks the model, and runs the tools that it wants, until it answers. */
export function* agent(conversation: Conversation, tools: readonly Tool[], say: Say): Coroutine<string> {
  const names = tools.map(({ name }) => name)
  for (;;) {
    const messages = conversation.messages()
    const turn = conversation.nextTurn()
    yield* forEach(
      (signal) => client.chat.completions.create(request(messages, names), { signal }),
      function* (chunk) {
        say(turn.take(chunk))
      },
    )
    if (turn.wanted.length === 0) return turn.text
    yield* gatherMap(turn.wanted, (call) => use(call, tools, say)) // one that fails stops the others
  }
}

function* use(call: ToolCall, tools: readonly Tool[], say: Say): Coroutine<void> {
  const tool = tools.find(({ name }) => name === call.name)
  say(`[${call.name}]\n`)
  const { question } = JSON.parse(call.arguments) as { question: string }
  call.result = tool === undefined ? 'there is no such tool' : yield* tool.run(question, say)
}

export function request(messages: Message[], tools: readonly string[]): OpenAI.ChatCompletionCreateParamsStreaming {
  const parameters = { type: 'object', properties: { question: { type: 'string' } } }
  const described = tools.map((name) => ({ type: 'function' as const, function: { name, parameters } }))
  return { model: 'fake', messages, tools: described, stream: true }
}
