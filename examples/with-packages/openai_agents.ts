// An agent of @openai/agents with a tool. Look at: tool(), whose execute() belongs to the group, which waits for its
// clean-up; and run(), which passes a signal on.
// Recipe for @openai/agents: the signal of the call, and the end of the tools
// Write: `asyncFunction(group, …)` as `execute`
// Run: npx tsx examples/with-packages/openai_agents.ts     with --stops 1000, for example
// Prints: an answer, and what stops at random moments leave     Next: agent.ts
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from '@openai/agents'
import OpenAI from 'openai'
import { type Coroutine, call, sleep, type TaskGroup, taskGroup, uncancellable } from 'spindle'
import { asyncFunction, runMain } from 'spindle/node'
import { z } from 'zod'
import { fakeModel } from '../support/fake_model.ts'
import { stopped } from '../support/stopped.ts'

setTracingDisabled(true)
const server = await fakeModel()
const client = new OpenAI({ baseURL: server.url, apiKey: 'none' })
let open = 0

function* look(question: string): Coroutine<string> {
  open++
  try {
    yield* sleep(10)
    return `about ${question}`
  } finally {
    yield* uncancellable(() => sleep(5))
    open--
  }
}

type Execute = (input: { question: string }, signal: AbortSignal | undefined) => Promise<string>

function agentWith(execute: Execute): Agent {
  const research = tool({
    name: 'research',
    description: 'Looks something up.',
    parameters: z.object({ question: z.string() }),
    execute: (input, _context, details) => execute(input, details?.signal),
  })
  // The two packages name one class by different copies of its types.
  const model = new OpenAIChatCompletionsModel(client as never, 'fake')
  return new Agent({ name: 'researcher', model, tools: [research] })
}

function* ask(question: string): Coroutine<string> {
  return yield* taskGroup(function* (group: TaskGroup) {
    const agent = agentWith(({ question }, signal) => asyncFunction(group, () => look(question), { signal })())
    return yield* call((signal) => answerOf(agent, question, signal))
  })
}

async function answerOf(agent: Agent, question: string, signal: AbortSignal): Promise<string> {
  const result = await run(agent, question, { stream: true, signal })
  for await (const _event of result);
  await result.completed
  signal.throwIfAborted() // a stream that was aborted ends as if it were whole
  return `${result.finalOutput}`
}

/** In plain TypeScript. */
async function askPlain(question: string, signal: AbortSignal): Promise<string> {
  const agent = agentWith(async ({ question }) => {
    open++
    await new Promise((resolve) => setTimeout(resolve, 15))
    open--
    return `about ${question}`
  })
  return await answerOf(agent, question, signal)
}

await runMain(
  stopped({
    spindle: () => ask('What is a spindle'),
    plain: (signal) => askPlain('What is a spindle', signal),
    held: () => open + server.open(),
  }),
)
server.close()
