// Prints how many runs it takes to find each bug and each published race of test/bugs, with each algorithm alone and
// with the default options: the median of many seeds. The last row sums the medians of a column; a bug that is not
// found counts as all runs.
//   pnpm explore --table 200        the number of seeds; 20 if left out

import { ExplorationError, type ExploreOptions, type Program } from '@spindle/testing'
import { type Caller, exploreProgram } from '../../packages/testing/src/explore/explore.ts'
import { bugs } from './all.ts'
import { races } from './published.ts'

const SEEDS = Number(process.argv[3] ?? 20)
const MAX_RUNS = 500
// The default may take this many times as many runs as the best algorithm, or the command fails.
const MOST_TIMES_THE_BEST = 4

type Options = ExploreOptions<unknown, unknown>

const anyOrder: Options = { order: 'any' }
const ways: Record<string, readonly [Options, Caller?]> = {
  default: [{}],
  'cancel alone': [{ late: 0 }],
  'late alone': [{ cancel: 'never' }],
  'random walk': [anyOrder, { algorithms: ['random walk'] }],
  'few deviations': [anyOrder, { algorithms: ['few deviations'] }],
  PCT: [anyOrder, { algorithms: ['PCT'] }],
}

interface Subject {
  readonly title: string
  readonly options?: Options | undefined
  readonly program: Program<unknown, unknown>
}

const subjects: Subject[] = bugs.map(({ source, name, options, broken }) => {
  return { title: `${source}: ${name}`, options, program: broken }
})
for (const { broken, source, name, program } of races) {
  const module = (await import(broken)) as never
  subjects.push({ title: `${broken}, ${source}: ${name}`, program: async () => program(module) })
}

console.log(`| bug | ${Object.keys(ways).join(' | ')} |`)
console.log(
  `|---|${Object.keys(ways)
    .map(() => '--:')
    .join('|')}|`,
)
const sums = Object.keys(ways).map(() => 0)
for (const { title, options, program } of subjects) {
  const medians: number[] = []
  for (const [way, caller] of Object.values(ways)) {
    const counts: number[] = []
    for (let seed = 1; seed <= SEEDS; seed++)
      counts.push(await runsUntilFound(program, { ...options, ...way, seed, runs: MAX_RUNS }, caller))
    counts.sort((a, b) => a - b)
    medians.push(counts[counts.length >> 1] ?? Number.POSITIVE_INFINITY)
  }
  for (const [column, median] of medians.entries()) sums[column] = (sums[column] ?? 0) + Math.min(median, MAX_RUNS)
  const cells = medians.map((median) => (median === Number.POSITIVE_INFINITY ? '–' : median))
  const [byDefault = 0] = medians
  const isSlow = byDefault > MOST_TIMES_THE_BEST * Math.min(...medians)
  if (isSlow) process.exitCode = 1
  console.log(`| ${title}${isSlow ? ': SLOW' : ''} | ${cells.join(' | ')} |`)
}
console.log(`| sum | ${sums.join(' | ')} |`)

async function runsUntilFound(program: Subject['program'], options: Options, caller?: Caller): Promise<number> {
  try {
    await exploreProgram(program, options, caller)
  } catch (error) {
    if (error instanceof ExplorationError) return error.runs.found
    throw error
  }
  return Number.POSITIVE_INFINITY
}
