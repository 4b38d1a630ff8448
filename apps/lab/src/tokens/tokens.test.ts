import { readFileSync } from 'node:fs'
import { draw, legend } from '@spindle/inspect'
import { expect, it } from 'vitest'
import { frameAt } from '../home/frame.ts'

it('pictures have the colours of the tokens, for light and for dark', async () => {
  const tokens = readFileSync(new URL('tokens.css', import.meta.url), 'utf8')
  const values = new Map(
    [...tokens.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)].map(([, name, light, dark]) => [
      name,
      { light, dark },
    ]),
  )
  expect((await frameAt(34, 720)).spindle.svg).toContain('var(--cancel)')
  for (const theme of ['light', 'dark'] as const) {
    const resolved = (text: string): string =>
      text.replaceAll(/var\(--([\w-]+)\)/g, (_, name) => values.get(name)?.[theme] ?? `no ${name}`)
    const svgOf = (which: 'light' | 'dark' | 'page'): string =>
      `${draw({ version: 1, rows: [] }, { theme: which }).svg}${legend(which).map(({ svg }) => svg)}`
    expect(resolved(svgOf('page'))).toBe(svgOf(theme))
  }
})
