import { ExplorationError, explore } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { races } from './published.ts'

const RUNS = 500

describe.each(races)('$broken, $source: $name', ({ program, broken, fixed }) => {
  it('is found in the package as it was published', async () => {
    const error: unknown = await explore(await program(broken), { runs: RUNS }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ExplorationError)
    const { replay } = error as ExplorationError
    expect(replay).not.toBe('') // not in the ordinary run
    const again = await explore(await program(broken), { replay }).catch((thrown: unknown) => thrown)
    expect(again).toMatchObject({ replay, kind: (error as ExplorationError).kind })
  })

  it('is not found where it was mended', async () => {
    await explore(await program(fixed), { runs: RUNS })
  })
})
