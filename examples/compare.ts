// Runs the variants of each program in turn, and sets their times side by side. Look at: what threads gain where a
// program waits, what they gain where it computes, and what an event loop does with one thread.
// Run: pnpm compare     (`pnpm compare flags cpu_bound` runs those families alone, `--quick` takes small sizes)
// Prints: a table in Markdown for each family, as in docs/explanation/performance.md, of the times that each program
// has measured itself
// Next: ../docs/learn/guide.md
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMain } from 'spindle/thread'

interface Variant {
  readonly program: string
  /** On how many threads, and in how many processes, the work is done. */
  readonly threads: number
  readonly processes: number
  readonly args?: readonly string[]
}

interface Family {
  readonly args: readonly string[]
  readonly quick: readonly string[]
  /** The first is what the others are compared with. */
  readonly variants: readonly Variant[]
}

export const families: Readonly<Record<string, Family>> = {
  flags: {
    args: ['--delay', '300'],
    quick: ['--delay', '20'],
    variants: [
      { program: 'flags', threads: 1, processes: 1 },
      { program: 'flags_threadpool', threads: 4, processes: 1, args: ['--workers', '4'] },
      { program: 'flags_processpool', threads: 4, processes: 4, args: ['--workers', '4'] },
      { program: 'flags_asyncio', threads: 1, processes: 1 },
    ],
  },
  save_flags: {
    args: ['--wait', '1000'],
    quick: ['--wait', '50'],
    variants: [
      { program: 'download1', threads: 1, processes: 1 },
      { program: 'download2', threads: 8, processes: 1, args: ['--workers', '8'] },
    ],
  },
  fetch100: {
    args: ['--delay', '100'],
    quick: ['--delay', '5'],
    variants: [
      { program: 'fetch_sync', threads: 1, processes: 1 },
      { program: 'fetch_threadpool', threads: 1, processes: 1, args: ['--workers', '1'] },
      { program: 'fetch_threadpool', threads: 10, processes: 1, args: ['--workers', '10'] },
      { program: 'fetch_gather', threads: 1, processes: 1 },
    ],
  },
  cpu_bound: {
    args: ['100'],
    quick: ['4'],
    variants: [
      { program: 'cpu_sequential', threads: 1, processes: 1 },
      { program: 'cpu_threads', threads: 2, processes: 1, args: ['2'] },
      { program: 'cpu_threads', threads: 10, processes: 1, args: ['10'] },
      { program: 'cpu_processes', threads: 2, processes: 2, args: ['2'] },
      { program: 'cpu_processes', threads: 10, processes: 10, args: ['10'] },
    ],
  },
}

function compare(name: string, family: Family, quick: boolean): void {
  console.log(`| ${name} | seconds | × sequential | threads | processes |\n|---|--:|--:|--:|--:|`)
  let first: number | undefined
  for (const { program, threads, processes, args = [] } of family.variants) {
    const seconds = secondsOf(`${name}/${program}.ts`, [...(quick ? family.quick : family.args), ...args])
    first ??= seconds
    console.log(`| ${program} | ${seconds.toFixed(2)} | ${(seconds / first).toFixed(2)} | ${threads} | ${processes} |`)
  }
  console.log()
}

/** Runs a program, and reads the seconds that it prints at the end. */
function secondsOf(program: string, args: readonly string[]): number {
  const folder = dirname(fileURLToPath(import.meta.url))
  const command = ['--import', 'tsx', `${folder}/${program}`, ...args]
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' })
  const seconds = /([\d.]+)s?\n$/.exec(stdout)?.[1]
  if (status !== 0 || seconds === undefined) throw new Error(`${program} has failed:\n${stdout}${stderr}`)
  return Number(seconds)
}

function main(): void {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' } } })
  for (const name of positionals.length > 0 ? positionals : Object.keys(families)) {
    const family = families[name]
    if (family === undefined) throw new Error(`no family ${name}; there are ${Object.keys(families).join(', ')}`)
    compare(name, family, values.quick === true)
  }
  console.log(`Measured with Node.js ${process.versions.node} on ${availableParallelism()} cores.`)
}

if (isMain(import.meta)) main()
