// The checks of docs/explanation/security.md run on what is built, and know no more than the page says.

import { connect } from 'node:net'
import fc from 'fast-check'
import { Child } from '../tooling/child.ts'
import { randomCases, seed } from '../tooling/long-form.ts'
import { linesEnvironment } from '../tooling/run-example.ts'
import { settings } from '../tooling/settings.mjs'

/** `npm run fuzz 20000 security` asks for more, from another seed each time; `npm test` has seconds. */
export const fuzzOptions = (short: number): { numRuns: number; seed: number } => ({
  numRuns: randomCases(short, short),
  seed,
})

export const isFuzz: boolean = settings().runs !== undefined

/** For what takes as long as many others. */
export function few(short: number): { numRuns: number; seed: number } {
  const { numRuns } = fuzzOptions(short)
  return { numRuns: isFuzz ? Math.ceil(numRuns / 20) : numRuns, seed }
}

/** As long as a fuzzer takes. */
export const LONG = { timeout: isFuzz ? 3_600_000 : 600_000 }

export const [major = 0]: number[] = process.versions.node.split('.').map(Number)
export const PERMISSION: string[] = [
  major >= 24 ? '--permission' : '--experimental-permission',
  '--no-warnings',
  '--allow-fs-read=*',
]

/** What moves a cursor, ends a line, or turns the direction of a text. */
export const HOSTILE = ['\u001b[2J', '\r', '\u0000', '\u009b1m', '\u202e', '\u2066', '\u2028', '\u0007']
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what nobody may print
export const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

const method = fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'CONNECT', 'PRI', 'M-SEARCH', 'TRACE')
const path = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '//',
    '//[',
    '*',
    'http://[',
    '/%zz',
    '\0',
    '/\u009b2J',
    'http://127.0.0.1:1/\u009b2J',
    '127.0.0.1:443',
  ),
)

/** What any client can send to a port: requests for odd paths, odd headers, odd lines, or no text at all. */
export const hostileBytes: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.tuple(method, path).map(([name, url]) => request(name, url)),
  path.map((header) => `GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: ${header}\r\nExpect: ${header}\r\n\r\n`),
  fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string(), fc.jsonValue().map(String))).map((all) => all.join('\n')),
  fc.uint8Array({ maxLength: 300 }),
)

export function request(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
}

/** What a server answers until it closes, or `until` matches. Without `until`, this side hangs up soon. */
export function ask(
  port: number,
  bytes: string | Uint8Array,
  { host = '127.0.0.1', until }: { host?: string; until?: RegExp } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, host, () => {
      socket.write(bytes)
      if (until === undefined) setTimeout(() => socket.end(), 20)
    })
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
      if (until?.test(answer)) socket.destroy()
    })
    socket.on('error', () => {}).on('close', () => resolve(answer))
  })
}

/** A program of a few lines, which imports the packages as they are built. */
export class Lines extends Child {
  constructor(source: string, { args = [], env }: { args?: string[]; env?: NodeJS.ProcessEnv } = {}) {
    const { loader, cwd } = linesEnvironment()
    super([...loader, ...args, '--input-type=module', '--eval', source], { cwd, ...(env && { env }) })
  }
}
