import { readCPythonApi } from './cpython-api.ts'
import { readCPythonTests, readMentions } from './cpython-tests.ts'
import { readOurApi } from './our-api.ts'
import type { Material } from './render.ts'

/** Reads it all: from CPython, from the sources, from the tests. */
export async function readMaterial(): Promise<Material> {
  const { version, modules } = await readCPythonApi()
  const everywhere = readOurApi()
  const ofTasks = [
    'CancelledError',
    'InvalidStateError',
    'TimeoutError',
    'BrokenBarrierError',
    'QueueEmpty',
    'QueueFull',
  ]
  const shared = [...ofTasks, 'QueueShutDown', 'ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION']
  const inThreads = new Map([
    ...[...everywhere].filter(([name]) => shared.includes(name)),
    ...readOurApi('spindle/thread'),
  ])
  const ours = (module: string) => (module === 'asyncio' || module === 'contextvars' ? everywhere : inThreads)
  return { version, modules, ours, tests: readCPythonTests(), mentions: readMentions() }
}
