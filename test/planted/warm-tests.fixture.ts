// Runs test files again and again: see mutate.ts. Each message names a file that has changed, and the test files.

import { createVitest } from 'vitest/node'

interface Wanted {
  readonly changed: string
  readonly files: string[]
}

const vitest = await createVitest('test', { watch: false, bail: 1, maxWorkers: 1, reporters: [{}] })
let last = '' // has been restored since
process.on('message', async ({ changed, files }: Wanted) => {
  for (const file of [last, changed]) vitest.invalidateFile(file)
  last = changed
  const specifications = await vitest.globTestSpecifications(files)
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  const wanted = new Set(specifications.map(({ moduleId }) => moduleId)) // testModules has those of earlier runs, too
  const failed = testModules.find((module) => wanted.has(module.moduleId) && !module.ok())
  process.send?.(failed?.moduleId ?? unhandledErrors.map(String)[0] ?? '')
})
process.on('disconnect', () => process.exit())
