// An answer of a language model, stopped while it streams. Look at: forEach(), which passes a signal on, and continues
// when the stream has closed; and the last column, as an aborted stream of the SDK ends as if the answer were whole.
// Recipe for openai: a signal; an aborted stream ends as if it were whole
// Write: `forEach((signal) => client.….create(…, { signal }), block)`
// Run: npx tsx examples/with-packages/openai.ts     with --stops 1000, for example
// Prints: an answer, and what stops at random moments leave     Next: anthropic.ts
import OpenAI from 'openai'
import { type Coroutine, forEach } from 'spindle'
import { runMain } from 'spindle/node'
import { fakeModel } from '../support/fake_model.ts'
import { stopped } from '../support/stopped.ts'

const server = await fakeModel()
const client = new OpenAI({ baseURL: server.url, apiKey: 'none' })

function* answer(question: string): Coroutine<string> {
  let text = ''
  yield* forEach(
    (signal) => client.chat.completions.create({ ...request(question), stream: true }, { signal }),
    function* ({ choices }) {
      text += choices[0]?.delta.content ?? ''
    },
  )
  return text
}

/** In plain TypeScript. */
async function answerPlain(question: string, signal: AbortSignal): Promise<string> {
  let text = ''
  const stream = await client.chat.completions.create({ ...request(question), stream: true }, { signal })
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  return text
}

function request(question: string): { model: string; messages: { role: 'user'; content: string }[] } {
  return { model: 'fake', messages: [{ role: 'user', content: question }] }
}

await runMain(
  stopped({
    spindle: () => answer('What is a spindle'),
    plain: (signal) => answerPlain('What is a spindle', signal),
    held: server.open,
  }),
)
server.close()
