import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PICTURES, pictureOf } from './pictures.ts'

it.each(PICTURES)('%s is what %s shows', async (example, picture) => {
  const written = readFileSync(new URL(`../../${picture}`, import.meta.url), 'utf8')
  expect(await pictureOf(example), 'write them again: npx tsx test/docs/pictures.ts').toBe(written)
})
