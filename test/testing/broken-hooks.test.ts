import { expect, it } from 'vitest'
import { runLines } from '../tooling/run-example.ts'

it('explore() says that async hooks are broken if Node was stopped in one', async () => {
  const { stdout } = await runLines(`
    import { createHook } from 'node:async_hooks'
    import { explore } from '@spindle/testing'
    let spins = false
    const init = () => { if (spins) for (spins = false;;); }
    createHook({ init }).enable()
    const error = await explore(async () => { spins = true; await undefined }, { maxTime: 200 }).catch((thrown) => thrown)
    console.log(error.kind, error.message)
  `)
  expect(stdout).toMatch(/^endless the program does not end: .*\nNode was in an async hook when it was stopped/)
})
