// Whatever an application makes of Spindle's functions: nothing is lost, and nobody is told what is not true. See
// composition.ts for what a program consists of, and for what must hold.

import { once as emitted } from 'node:events'
import * as net from 'node:net'
import fc from 'fast-check'
import { getHostLoop } from 'spindle'
import { ThreadPoolExecutor } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm, randomCases, seed } from '../tooling/long-form.ts'
import { COMBINATORS } from './combinators.ts'
import { faultsOnThread } from './composition.fixture.ts'
import { compositions, faultOf, isKnown } from './composition.ts'
import { exploreInRealTime, type Outside, PLACES, REAL } from './real.ts'

describe('A program of a source, a bridge, combinators and an owner', () => {
  it('holds what it acquired or has it released once, and is told the truth, whenever it is stopped', async () => {
    const property = fc.asyncProperty(compositions, async (composition) => {
      const fault = await faultOf(composition)
      if (fault === undefined || !isKnown(composition, fault)) expect(fault).toBeUndefined()
    })
    await fc.assert(property, { numRuns: randomCases(600, 20), seed })
  }, 0)

  it('does so on another thread', async () => {
    using pool = new ThreadPoolExecutor(1)
    expect(await pool.submit(faultsOnThread, seed, longForm ? 100 : 5)).toEqual([])
  })
})

describe('In real time, under each combinator', () => {
  const server = net.createServer((socket) => void socket.on('error', () => {}).resume())
  const pool = new ThreadPoolExecutor(2)
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await emitted(server, 'listening')
  })
  afterAll(() => {
    server.close()
    pool.shutdown()
  })

  const outside = (): Outside => ({ port: (server.address() as net.AddressInfo).port, pool })
  const runs = randomCases(40, 1)
  it.each(Object.entries(REAL))(
    'nothing is left of %s',
    async (_takes, source) => {
      // What is started once for the whole process, or with the host loop, is no leak.
      for (const one of Object.values(REAL)) (await getHostLoop().createTask(one(outside())))?.close()
      const places = Object.keys(PLACES)
      for (const [index, [name, combinator]] of Object.entries(COMBINATORS).entries()) {
        const place = places[index % places.length] as string
        const result = await exploreInRealTime(source, combinator, place, outside(), { runs, seed }).catch(String)
        // On a busy machine runProcess() may return a moment before its process has gone, as in processes.ts.
        if (result?.includes('told early') && result.includes('processes')) continue
        expect(`${name}, ${place}: ${result ?? 'nothing is left'}`).toBe(`${name}, ${place}: nothing is left`)
      }
    },
    0,
  )
})
