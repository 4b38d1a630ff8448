// The answer of openai.ts with the SDK of Anthropic, whose stream emits events. Look at: forEach(), again.
// Recipe for @anthropic-ai/sdk: a signal; an aborted stream ends as if it were whole
// Write: `forEach((signal) => client.….create(…, { signal }), block)`
// Run: npx tsx examples/with-packages/anthropic.ts     with --stops 1000, for example
// Prints: an answer, and what stops at random moments leave     Next: ai.ts
import Anthropic from '@anthropic-ai/sdk'
import { type Coroutine, forEach } from 'spindle'
import { runMain } from 'spindle/node'
import { fakeModel } from '../support/fake_model.ts'
import { stopped } from '../support/stopped.ts'

const server = await fakeModel()
const client = new Anthropic({ baseURL: server.url.replace(/\/v1$/, ''), apiKey: 'none' })

function* answer(question: string): Coroutine<string> {
  let text = ''
  yield* forEach(
    (signal) => client.messages.create({ ...request(question), stream: true }, { signal }),
    function* (event) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
    },
  )
  return text
}

/** In plain TypeScript. */
async function answerPlain(question: string, signal: AbortSignal): Promise<string> {
  let text = ''
  const stream = await client.messages.create({ ...request(question), stream: true }, { signal })
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
  }
  return text
}

function request(question: string): Anthropic.MessageCreateParamsNonStreaming {
  return { model: 'fake', max_tokens: 100, messages: [{ role: 'user', content: question }] }
}

await runMain(
  stopped({
    spindle: () => answer('What is a spindle'),
    plain: (signal) => answerPlain('What is a spindle', signal),
    held: server.open,
  }),
)
server.close()
