// Runs the variants of each program in turn, and compares their times. Look at: what threads gain where a program
// waits, what they gain where it computes, and what an event loop does with one thread.
// Run: npx tsx examples/compare.ts     (with `flags cpu_bound` those families alone, with `--quick` small sizes)
// Prints: a table in Markdown for each family, as in bench/NOTES.md, of the times that each program
// has measured itself
// Next: ../docs/learn/guide.md
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMain } from 'spindle/thread'
import { hasRedis, RedisWorkers } from './support/redis_workers.ts'

const folder = dirname(fileURLToPath(import.meta.url))

interface Variant {
  readonly program: string
  /** The number of threads and of processes that do the work. */
  readonly threads: number
  readonly processes: number
  readonly args?: readonly string[]
}

interface Family {
  readonly args: readonly string[]
  readonly quick: readonly string[]
  /** The others are compared with the first one. */
  readonly variants: readonly Variant[]
  /** What runs on workers of `spindle/distributed`, if there is a redis-server: `module` is what they load. */
  readonly distributed?: Variant & { readonly module: string }
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
    distributed: { program: 'flags_distributed', threads: 1, processes: 2, module: 'flags' },
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
    distributed: { program: 'cpu_distributed', threads: 4, processes: 2, module: 'cpu_distributed' },
  },
}

async function compare(name: string, family: Family, quick: boolean): Promise<void> {
  const print = ({ program, threads, processes, args = [] }: Variant, env: NodeJS.ProcessEnv = {}): void => {
    const seconds = secondsOf(`${name}/${program}.ts`, [...(quick ? family.quick : family.args), ...args], env)
    first ??= seconds
    console.log(`| ${program} | ${seconds.toFixed(2)} | ${(seconds / first).toFixed(2)} | ${threads} | ${processes} |`)
  }
  console.log(`| ${name} | seconds | × sequential | threads | processes |\n|---|--:|--:|--:|--:|`)
  let first: number | undefined
  for (const variant of family.variants) print(variant)
  const { distributed } = family
  if (distributed !== undefined && hasRedis()) {
    await using workers = await new RedisWorkers().start(
      `${folder}/${name}/${distributed.module}.ts`,
      2,
      '--concurrency',
      '20',
    )
    print(distributed, { SPINDLE_REDIS_URL: workers.url })
  }
  console.log()
}

/** Runs a program, and reads the seconds that it prints at the end. */
function secondsOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const command = ['--import', 'tsx', `${folder}/${program}`, ...args]
  const { stdout, stderr, status } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  const seconds = /([\d.]+)s?\n$/.exec(stdout)?.[1]
  if (status !== 0 || seconds === undefined) throw new Error(`${program} has failed:\n${stdout}${stderr}`)
  return Number(seconds)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' } } })
  for (const name of positionals.length > 0 ? positionals : Object.keys(families)) {
    const family = families[name]
    if (family === undefined) throw new Error(`no family ${name}; there are ${Object.keys(families).join(', ')}`)
    await compare(name, family, values.quick === true)
  }
  console.log(`Measured with Node.js ${process.versions.node} on ${availableParallelism()} cores.`)
}

if (isMain(import.meta)) await main()
