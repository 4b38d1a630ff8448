// A language model that needs no key: it streams its answers as OpenAI and Anthropic do, uses the tools it gets, and
// refuses a history that is not valid.
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { faultOf } from './chat_history.ts'
import { type Served, serving } from './serving.ts'

interface Chat {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

/** @param pace ms between two words */
export async function fakeModel({ pace = 2 } = {}): Promise<Served> {
  const { url, ...server } = await serving(async (request, response) => {
    const chat = JSON.parse(await bodyOf(request)) as Chat
    const fault = faultOf(chat.messages)
    if (fault !== undefined) {
      response.writeHead(400, { 'content-type': 'application/json' })
      return void response.end(JSON.stringify({ error: { type: 'invalid_request_error', message: fault } }))
    }
    const anthropic = request.url?.endsWith('/messages') === true
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of anthropic ? anthropicEvents(chat) : openaiEvents(chat)) {
      if (response.destroyed) return
      response.write(event)
      await pause(pace)
    }
    response.end()
  })
  return { url: `${url}/v1`, ...server }
}

/** Asks for every tool at once, with what it was asked itself; and answers when it has seen what they returned. */
function* openaiEvents({ messages, tools = [] }: Chat): Iterable<string> {
  const chunk = (delta: object, reason: string | null = null): string =>
    `data: ${JSON.stringify({
      id: 'fake',
      object: 'chat.completion.chunk',
      created: 0,
      model: 'fake',
      choices: [{ index: 0, delta, finish_reason: reason }],
    })}\n\n`
  if (tools.length > 0 && messages.at(-1)?.role !== 'tool') {
    const question = JSON.stringify({ question: textOf(messages.at(-1)?.content) })
    for (const [index, { function: tool }] of tools.entries()) {
      const call = { index, id: `call-${index}`, type: 'function', function: { name: tool.name, arguments: question } }
      yield chunk({ role: 'assistant', tool_calls: [call] })
    }
    yield chunk({}, 'tool_calls')
  } else {
    for (const word of answerTo(messages)) yield chunk({ role: 'assistant', content: word })
    yield chunk({}, 'stop')
  }
  yield 'data: [DONE]\n\n'
}

function* anthropicEvents({ messages }: Chat): Iterable<string> {
  const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = { id: 'fake', type: 'message', role: 'assistant', model: 'fake', content: [], usage }
  yield event('message_start', { message: { ...message, stop_reason: null, stop_sequence: null } })
  yield event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
  for (const text of answerTo(messages)) {
    yield event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
  }
  yield event('content_block_stop', { index: 0 })
  yield event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage })
  yield event('message_stop', {})
}

function answerTo(messages: Chat['messages']): string[] {
  const words = `${textOf(messages.findLast(({ role }) => role === 'user')?.content)}? I have looked at it twice.`
  return words.split(/(?<= )/)
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content)
  return content.map((part: { text?: string }) => part.text ?? '').join('')
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const text of request.setEncoding('utf8')) body += text
  return body
}
