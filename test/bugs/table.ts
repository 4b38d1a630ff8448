// Prints how many runs it takes to find each bug of test/bugs, with each algorithm alone and with the default options:
// the median of many seeds. The last row sums the medians of a column; a bug that is not found counts as all runs.
//   pnpm explore --table 200        the number of seeds; 20 if left out

import { ExplorationError, type ExploreOptions, explore } from '@spindle/testing'
import { bugs } from './all.ts'

const SEEDS = Number(process.argv[3] ?? 20)
const MAX_RUNS = 500
// The default may take this many times as many runs as the best algorithm, or the command fails.
const MOST_TIMES_THE_BEST = 4

const ways: Record<string, ExploreOptions<unknown, unknown> & { readonly algorithms?: readonly string[] }> = {
  default: {},
  'cancel alone': { late: 0 },
  'late alone': { cancel: 'never' },
  'random walk': { order: 'any', algorithms: ['random walk'] },
  'few deviations': { order: 'any', algorithms: ['few deviations'] },
  PCT: { order: 'any', algorithms: ['PCT'] },
}

console.log(`| bug | ${Object.keys(ways).join(' | ')} |`)
console.log(
  `|---|${Object.keys(ways)
    .map(() => '--:')
    .join('|')}|`,
)
const sums = Object.keys(ways).map(() => 0)
for (const bug of bugs) {
  const medians: number[] = []
  for (const way of Object.values(ways)) {
    const counts: number[] = []
    for (let seed = 1; seed <= SEEDS; seed++)
      counts.push(await runsUntilFound({ ...bug.options, ...way, seed, runs: MAX_RUNS }))
    counts.sort((a, b) => a - b)
    medians.push(counts[counts.length >> 1] ?? Number.POSITIVE_INFINITY)
  }
  for (const [column, median] of medians.entries()) sums[column] = (sums[column] ?? 0) + Math.min(median, MAX_RUNS)
  const cells = medians.map((median) => (median === Number.POSITIVE_INFINITY ? '–' : median))
  const [byDefault = 0] = medians
  const isSlow = byDefault > MOST_TIMES_THE_BEST * Math.min(...medians)
  if (isSlow) process.exitCode = 1
  console.log(`| ${bug.source}: ${bug.name}${isSlow ? ': SLOW' : ''} | ${cells.join(' | ')} |`)

  async function runsUntilFound(options: ExploreOptions<unknown, unknown>): Promise<number> {
    try {
      await explore(bug.broken, options)
    } catch (error) {
      if (error instanceof ExplorationError) return error.runs.found
      throw error
    }
    return Number.POSITIVE_INFINITY
  }
}
console.log(`| sum | ${sums.join(' | ')} |`)
