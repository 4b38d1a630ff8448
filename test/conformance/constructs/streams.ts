// A StreamReader that Tasks and callbacks feed, and the transport it holds back.

import { StreamReader } from 'spindle/node'
import type { Environment } from '../environment.ts'
import { action, awaitable, type Node } from '../language.ts'
import type { Maker } from '../random/maker.ts'
import { tellState } from '../show.ts'
import { exceptionOf } from './control.ts'

const PIECES = ['a', 'bc', 'd\n', '\n', 'efghijk', '\r\n', 'b\nc\n', '']

const reader_ = action<{ name: string; limit: number }>('reader', {
  run({ name, limit }, env) {
    const reader = new StreamReader({ limit })
    reader.setTransport({
      pauseReading: () => env.log(undefined, `${name} is paused`),
      resumeReading: () => env.log(undefined, `${name} is resumed`),
    })
    env.set(name, reader)
  },
  python: ({ name, limit }, print) => `${print.assigned(name)} = asyncio.StreamReader(limit=${limit})`,
  typescript: ({ name, limit }, print) => `${print.assigned(name)} = new StreamReader({ limit: ${limit} })`,
})
/** Makes a StreamReader whose transport writes into the trace. */
export const reader = (name: string, limit = 64): Node => reader_({ name, limit })

function aReader(maker: Maker): string {
  return maker.shared('reader', (name) => reader(name, maker.pick([1, 2, 4, 64])))
}

function readerOf(name: string, env: Environment): StreamReader {
  return env.getAs<StreamReader>(name)
}

const feed_ = action<{ name: string; text: string }>('feed', {
  run: ({ name, text }, env) => readerOf(name, env).feedData(Buffer.from(text)),
  python: ({ name, text }) => `${name}.feed_data(b${JSON.stringify(text)})`,
  typescript: ({ name, text }) => `${name}.feedData(Buffer.from(${JSON.stringify(text)}))`,
  random: { family: 'streams', weight: 18, make: (maker) => ({ name: aReader(maker), text: maker.pick(PIECES) }) },
})
export const feed = (name: string, text: string): Node => feed_({ name, text })

const feedEof_ = action<{ name: string }>('feedEof', {
  run: ({ name }, env) => readerOf(name, env).feedEof(),
  python: ({ name }) => `${name}.feed_eof()`,
  typescript: ({ name }) => `${name}.feedEof()`,
  random: { family: 'streams', weight: 3, make: (maker) => ({ name: aReader(maker) }) },
})
export const feedEof = (name: string): Node => feedEof_({ name })

const readerFails_ = action<{ name: string; message: string }>('readerFails', {
  run: ({ name, message }, env) => readerOf(name, env).setException(exceptionOf('Boom', message)),
  python: ({ name, message }, print) => `${name}.set_exception(Boom(${print.value(message)}))`,
  typescript: ({ name, message }, print) => `${name}.setException(new Boom(${print.value(message)}))`,
  random: { family: 'streams', weight: 2, make: (maker) => ({ name: aReader(maker), message: maker.word() }) },
})
export const readerFails = (name: string, message: string): Node => readerFails_({ name, message })

const read_ = awaitable<{ name: string; count: number }>('read', {
  make: ({ name, count }, env) => readerOf(name, env).read(count),
  python: ({ name, count }) => `${name}.read(${count})`,
  typescript: ({ name, count }) => `${name}.read(${count})`,
  random: {
    family: 'streams',
    weight: 8,
    make: (maker) => ({ name: aReader(maker), count: maker.pick([-1, 0, 1, 3, 10]) }),
  },
})
/** Reads at most so many bytes; to the end for -1. */
export const read = (name: string, count = -1): Node => read_({ name, count })

const readExactly_ = awaitable<{ name: string; count: number }>('readExactly', {
  make: ({ name, count }, env) => readerOf(name, env).readExactly(count),
  python: ({ name, count }) => `${name}.readexactly(${count})`,
  typescript: ({ name, count }) => `${name}.readExactly(${count})`,
  random: {
    family: 'streams',
    weight: 6,
    make: (maker) => ({ name: aReader(maker), count: maker.pick([-1, 0, 1, 3, 10]) }),
  },
})
export const readExactly = (name: string, count: number): Node => readExactly_({ name, count })

const readLine_ = awaitable<{ name: string }>('readLine', {
  make: ({ name }, env) => readerOf(name, env).readLine(),
  python: ({ name }) => `${name}.readline()`,
  typescript: ({ name }) => `${name}.readLine()`,
  random: { family: 'streams', weight: 8, make: (maker) => ({ name: aReader(maker) }) },
})
export const readLine = (name: string): Node => readLine_({ name })

const readUntil_ = awaitable<{ name: string; separators: readonly string[] }>('readUntil', {
  make: ({ name, separators }, env) => readerOf(name, env).readUntil(separators),
  python: ({ name, separators }) =>
    `${name}.readuntil((${separators.map((text) => `b${JSON.stringify(text)},`).join(' ')}))`,
  typescript: ({ name, separators }) => `${name}.readUntil(${JSON.stringify(separators)})`,
  random: {
    family: 'streams',
    weight: 6,
    make: (maker) => ({ name: aReader(maker), separators: maker.pick([['\n'], ['c', 'gh'], ['\r\n', '\n'], ['ij']]) }),
  },
})
export const readUntil = (name: string, ...separators: string[]): Node => readUntil_({ name, separators })

const atEof_ = action<{ name: string }>('atEof', {
  run: ({ name }, env) => readerOf(name, env).atEof(),
  python: ({ name }) => `print(${name}.at_eof())`,
  typescript: ({ name }) => `console.log(${name}.atEof())`,
  random: { family: 'streams', weight: 2, make: (maker) => ({ name: aReader(maker) }) },
})
export const atEof = (name: string): Node => atEof_({ name })

tellState(StreamReader, (reader, env) => `ended=${reader.atEof()} failed=${env.show(reader.exception())}`)
