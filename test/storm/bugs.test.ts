import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { bugs } from './bugs.ts'

describe('The bugs to plant against the storm', () => {
  it.each(bugs)('have their place exactly once: $what', ({ file, find }) => {
    expect(readFileSync(`${root}${file}`, 'utf8').split(find)).toHaveLength(2)
  })
})
