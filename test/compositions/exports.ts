// Which exported functions take coroutines, according to their declarations.

import { readdirSync, readFileSync } from 'node:fs'
import * as spindle from 'spindle'
import * as node from 'spindle/node'
import * as thread from 'spindle/thread'

/** The names of all exported functions with a parameter that is awaited, or a function whose result is. */
export function takersOfCoroutines(): Set<string> {
  const folder = new URL('../../packages/spindle/dist/types/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))
  const text = files.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n')
  const parts = text.replace(/\/\*\*.*?\*\//gs, '').split(/^(?=(?:export|declare|import) )/m)
  const awaitable = ['Awaitable', 'AwaitableSource', 'Coroutine', 'CoroutineSource']
  for (let size = 0; size < awaitable.length; ) {
    size = awaitable.length
    const types = parts.flatMap((part) => /^(?:export )?(?:declare )?type (\w+)(.*)/s.exec(part)?.slice(1) ?? [])
    for (let n = 0; n < types.length; n += 2) {
      const [name = '', body = ''] = types.slice(n, n + 2)
      if (!awaitable.includes(name) && mentions(body, awaitable)) awaitable.push(name)
    }
  }
  const exported = new Set([spindle, node, thread].flatMap((entry) => Object.keys(entry)))
  const takers = parts.flatMap((part) => {
    const [, name = '', parameters = ''] = /^(?:export )?(?:declare )?function (\w+)(.*)\):/s.exec(part) ?? []
    return mentions(parameters, awaitable) ? [name] : []
  })
  return new Set(takers.filter((name) => exported.has(name)))
}

function mentions(text: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`\\b${name}\\b`).test(text))
}
