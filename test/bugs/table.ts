// Prints how many runs it takes to find each bug and each published race of test/bugs with the default options: the
// median of many seeds. A bug that is not found counts as all runs.
//   npm run explore -- --table 200        the number of seeds; 20 if left out

import { ExplorationError, type ExploreOptions, explore, type Program } from '@spindle/testing'
import { bugs } from './all.ts'
import { races } from './published.ts'

const SEEDS = Number(process.argv[3] ?? 20)
const MAX_RUNS = 500
// A bug may take this many runs, or the command fails.
const MOST_RUNS = 130

interface Subject {
  readonly title: string
  readonly options?: ExploreOptions<unknown, unknown> | undefined
  readonly program: Program<unknown, unknown>
}

const subjects: Subject[] = bugs.map(({ source, name, options, broken }) => {
  return { title: `${source}: ${name}`, options, program: broken }
})
for (const { broken, source, name, program } of races) {
  const module = (await import(broken)) as never
  subjects.push({ title: `${broken}, ${source}: ${name}`, program: async () => program(module) })
}

console.log('| bug | runs |\n|---|--:|')
const medians: number[] = []
for (const { title, options, program } of subjects) {
  const counts: number[] = []
  for (let seed = 1; seed <= SEEDS; seed++) counts.push(await runsUntilFound(program, { ...options, seed }))
  const median = counts.sort((a, b) => a - b)[counts.length >> 1] as number
  medians.push(median)
  console.log(`| ${title} | ${median < MAX_RUNS ? median : '–'} |`)
}
console.log(`| worst | ${Math.max(...medians)} |\n| sum | ${medians.reduce((sum, one) => sum + one, 0)} |`)
if (Math.max(...medians) > MOST_RUNS) process.exitCode = 1

async function runsUntilFound(program: Subject['program'], options: ExploreOptions<unknown, unknown>): Promise<number> {
  try {
    await explore(program, { ...options, runs: MAX_RUNS })
  } catch (error) {
    if (error instanceof ExplorationError) return error.runs.found
    throw error
  }
  return MAX_RUNS
}
