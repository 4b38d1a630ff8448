// Whatever a client sends to a server of an example, it goes on, answers others, and prints nothing that controls a
// terminal. More: `npm run fuzz 2000 hostile-clients`.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, CONTROL, fuzzOptions, hostileBytes, LONG, request } from '../security/on-built.ts'
import { Program } from './program.ts'

const servers: Record<string, { path: string; args: string[]; asks: string; answer: RegExp }> = {
  echo: { path: 'examples/echo/echo_server.ts', args: ['0'], asks: 'hello', answer: /^hello$/ },
  chat: { path: 'examples/chat/chat_server.ts', args: ['0'], asks: '\n', answer: /^Your name\?/ },
  proxy: {
    path: 'examples/proxy/proxy.ts',
    args: ['0'],
    asks: request('GET', 'http://127.0.0.1:1/'),
    answer: /^HTTP\/1\.1 502 /,
  },
  site: {
    path: 'test/examples/served.fixture.ts',
    args: ['site'],
    asks: request('GET', '/1'),
    answer: / 200 .*Page 1/s,
  },
  flags: {
    path: 'test/examples/served.fixture.ts',
    args: ['flags'],
    asks: request('GET', '/flags/kr.svg'),
    answer: / 200 .*<svg/s,
  },
  model: {
    path: 'test/examples/served.fixture.ts',
    args: ['model'],
    asks: post('{ "messages": [{ "role": "user", "content": "What" }] }'),
    answer: / 200 .*\[DONE\]/s,
  },
}

function post(body: string): string {
  return `POST /v1/chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

const chat = fc.record(
  { messages: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())), tools: fc.array(fc.jsonValue()) },
  { requiredKeys: [] },
)
const bodies = fc.oneof(chat, fc.jsonValue()).map((value) => post(JSON.stringify(value)))

describe('a server of an example', LONG, () => {
  it.each(Object.entries(servers))('goes on, whatever it is sent: %s', async (_name, { path, args, asks, answer }) => {
    await using server = new Program(path, ...args)
    const port = Number(await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/))
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileBytes, bodies), async (bytes) => {
        await ask(port, bytes)
        expect([server.code, server.signal]).toEqual([null, null])
        expect(server.output.replaceAll('\n', '')).not.toMatch(CONTROL)
      }),
      fuzzOptions(10),
    )
    expect(await ask(port, asks, { until: answer })).toMatch(answer)
    expect(server.output).not.toMatch(/never retrieved|^ {4}at /m)
  })
})
