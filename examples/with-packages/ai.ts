// An answer of the AI SDK that needs a tool, stopped while it streams or while the tool runs. Look at: asyncFunction(),
// which makes the tool a member of the group: what it has started has ended before the caller is told.
// Recipe for ai: the signal of the stream, and the end of the tools
// Write: `asyncFunction(group, function* (input, { abortSignal }) { … })` as `execute`, beside the `forEach`
// Run: npx tsx examples/with-packages/ai.ts     with --stops 1000, for example
// Prints: an answer, and what stops at random moments leave     Next: mcp.ts
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { jsonSchema, stepCountIs, streamText, type ToolExecuteFunction, tool } from 'ai'
import { type Coroutine, forEach, taskGroup } from 'spindle'
import { asyncFunction, runMain, runProcess } from 'spindle/node'
import { fakeModel } from '../support/fake_model.ts'
import { stopped } from '../support/stopped.ts'

type Question = { question: string }

const server = await fakeModel()
const model = createOpenAICompatible({ name: 'fake', baseURL: server.url }).chatModel('fake')
const inputSchema = jsonSchema<Question>({ type: 'object', properties: { question: { type: 'string' } } })
const COMMAND = 'sleep 0.05 & wait; echo 7 files'

function ask(prompt: string, execute: ToolExecuteFunction<Question, string>, abortSignal: AbortSignal) {
  const shell = tool({ description: 'Runs a command.', inputSchema, execute })
  return streamText({ model, prompt, tools: { shell }, stopWhen: stepCountIs(5), abortSignal, onError() {} }).textStream
}

function* answer(question: string): Coroutine<string> {
  let text = ''
  yield* taskGroup(function* (group) {
    const shell = asyncFunction(group, function* (_input: Question, _options: { abortSignal?: AbortSignal }) {
      return (yield* runProcess(['sh', '-c', COMMAND], { capture: true, encoding: 'utf8' })).stdout
    })
    yield* forEach(
      (signal) => ask(question, shell, signal),
      function* (part) {
        text += part
      },
    )
  })
  return text
}

/** In plain TypeScript. */
async function answerPlain(question: string, signal: AbortSignal): Promise<string> {
  let text = ''
  const shell = async (_input: Question, { abortSignal }: { abortSignal?: AbortSignal }): Promise<string> =>
    (await promisify(execFile)('sh', ['-c', COMMAND], { signal: abortSignal })).stdout
  for await (const part of ask(question, shell, signal)) text += part
  return text
}

await runMain(
  stopped({
    spindle: () => answer('What is in this folder'),
    plain: (signal) => answerPlain('What is in this folder', signal),
    held: server.open,
  }),
)
server.close()
