// The agent of examples/with-packages/agent_loop.ts keeps its history whenever it is stopped. Its model refuses an
// invalid history, as providers do, so that the next request would throw.

import { type Coroutine, createTask, gather, moveOnAfter, run, wait } from 'spindle'
import { afterAll, describe, expect, it } from 'vitest'
import { faultOf } from '../../examples/support/chat_history.ts'
import { agent, Conversation, research, server, shell } from '../../examples/with-packages/agent_loop.ts'
import { randomCases } from '../tooling/long-form.ts'

const tools = [shell, research]
const LAST = 'and now? I have looked at it twice.'
afterAll(() => server.close())

describe('an agent that is stopped', () => {
  it('keeps each character that the user has seen, and its next request is valid: three stops at random moments', async () => {
    const failures: unknown[] = []
    let stops = 0
    function* converse(): Coroutine<void> {
      const conversation = new Conversation('what')
      const seen: string[] = []
      for (const question of ['why', 'how', 'and now']) {
        let text = ''
        const say = (part: string): void => {
          if (!/^ *\[/.test(part)) text += part // the name of a tool is in its call
        }
        const answer = yield* moveOnAfter(Math.random() * 200, () => agent(conversation, tools, say))
        if (answer === undefined) stops++
        seen.push(text)
        conversation.ask(question)
      }
      const answer = yield* agent(conversation, [], () => {})
      const kept = JSON.stringify(conversation.messages())
      const lost = seen.filter((text) => !kept.includes(text))
      if (lost.length > 0 || answer !== LAST) failures.push({ lost, answer })
    }
    function* several(conversations: number): Coroutine<void> {
      for (let n = 0; n < conversations; n++) yield* converse()
    }
    await run(() => gather(Array.from({ length: 7 }, () => several(randomCases(48, 1)))))
    expect({ failures, hasStopped: stops > 0 }).toEqual({ failures: [], hasStopped: true })
  }, 1_800_000)

  it('does so in its first and in its last chunk, and between two of them', async () => {
    const outcomes: string[] = []
    function* stopAt(chunk: number): Coroutine<void> {
      const conversation = new Conversation('what')
      let chunks = 0
      let seen = ''
      const task = createTask(
        agent(conversation, [], (part) => {
          seen += part
          if (chunks++ === chunk) task.cancel('Esc')
        }),
      )
      yield* wait([task])
      const [, kept] = conversation.messages()
      conversation.ask('and now')
      outcomes.push(`${seen} | ${kept?.content} | ${yield* agent(conversation, [], () => {})}`)
    }
    await run(function* () {
      for (const chunk of [0, 3, 6]) yield* stopAt(chunk)
    })
    expect(outcomes).toEqual([
      `what?  | what?  | ${LAST}`,
      `what? I have looked  | what? I have looked  | ${LAST}`,
      `what? I have looked at it twice. | what? I have looked at it twice. | ${LAST}`,
    ])
  })

  it('before its first chunk, it tells the model that it was stopped', async () => {
    const conversation = new Conversation('what')
    await run(moveOnAfter(1, () => agent(conversation, tools, () => {})))
    conversation.ask('and now')
    expect(conversation.messages()).toEqual([
      { role: 'user', content: 'what' },
      { role: 'assistant', content: 'stopped' },
      { role: 'user', content: 'and now' },
    ])
  })

  it('while its tools run, it answers their calls', async () => {
    const conversation = new Conversation('what')
    await run(function* () {
      const task = createTask(agent(conversation, [shell], (part) => void (part === '[shell]\n' && task.cancel('Esc'))))
      yield* wait([task])
    })
    conversation.ask('and now')
    expect(conversation.messages().slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call-0', content: 'stopped' },
      { role: 'assistant', content: 'stopped' },
      { role: 'user', content: 'and now' },
    ])
  })
})

describe('the model', () => {
  const call = { id: 'a', function: { name: 'shell', arguments: '{}' } }
  const calls = { role: 'assistant', tool_calls: [call] }
  const user = { role: 'user', content: 'what' }
  it.each([
    ['nothing at the end, which is no question', []],
    ['a question that follows user', [user, user]],
    ['an answer without text and calls', [user, { role: 'assistant', content: '' }, user]],
    ['calls without a result: a', [user, calls, user]],
    ['calls without a result: a', [user, calls]],
    [
      "a result of the call 'b', which is not among the calls before it",
      [user, calls, { role: 'tool', tool_call_id: 'b' }],
    ],
    ['assistant at the end, which is no question', [user, { role: 'assistant', content: 'that' }]],
    [
      'arguments that are no object: {"a',
      [user, { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'shell', arguments: '{"a' } }] }],
    ],
  ])('refuses %s', (fault, messages) => {
    expect(faultOf(messages)).toBe(fault)
  })
})
