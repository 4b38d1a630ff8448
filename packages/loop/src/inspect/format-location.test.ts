import { afterEach, describe, expect, it, vi } from 'vitest'
import { formatLocation } from './format-location.ts'

describe('formatLocation', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('is relative inside the working directory, and absolute outside it', () => {
    const inside = `file://${process.cwd()}/examples/with%20space.ts`
    expect([at(inside), at('file:///elsewhere/a.ts')]).toEqual(['examples/with space.ts:12', '/elsewhere/a.ts:12'])
  })

  it('removes a query, and leaves other URLs unchanged', () => {
    expect([at('file:///elsewhere/a.ts?v=1'), at('https://host/a.js')]).toEqual([
      '/elsewhere/a.ts:12',
      'https://host/a.js:12',
    ])
  })

  it('does not take a neighbour for a directory that begins alike', () => {
    const neighbour = `file://${process.cwd()}-two/a.ts`
    expect(at(neighbour)).toBe(`${process.cwd()}-two/a.ts:12`)
  })

  it('needs no process', () => {
    vi.stubGlobal('process', undefined)
    expect(at('file:///elsewhere/a.ts')).toBe('/elsewhere/a.ts:12')
  })
})

function at(url: string): string {
  return formatLocation({ url, line: 12 })
}
