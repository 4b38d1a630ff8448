// The command line of the programs in flags2/, their counts, and their progress display.

import { stdout } from 'node:process'
import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError } from 'commander'
import { allCountryCodes, type FlagServerOptions, startFlagServer } from './flag_server.ts'
import { openFolder, POP20, saveFlag } from './flag_site.ts'

const SERVERS: Record<string, FlagServerOptions> = {
  LOCAL: {},
  DELAY: { delay: 200 },
  ERROR: { delay: 50, failOneOf: 4, breakOneOf: 10 },
}
const BAR = '{bar} {percentage}% | {value}/{total}'
const LABELS = Object.keys(SERVERS).join(', ')

/** How the download of a flag may end. */
export type Status = 'downloaded' | 'not found' | { readonly error: string }

/** The options of a program of flags2/. */
export interface Order {
  readonly codes: readonly string[]
  readonly url: string
  readonly folder: string
  /** How many requests at once. */
  readonly maxReq: number
  /** Called with the end of each. */
  readonly count: (cc: string, status: Status) => void
}

/**
 * Runs a program of flags2/ as its command line says, but with no more than `mostMaxReq` requests at once; prints what
 * has become of the flags, and tidies up. The first Ctrl-C aborts the signal, and the process ends with 130 then; the
 * second ends it at once.
 */
export async function withOrder(
  defaultMaxReq: number,
  mostMaxReq: number,
  download: (order: Order, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const options = readOptions(defaultMaxReq)
  const codes = chosenCodes(options).slice(0, options.limit)
  const folder = openFolder(options.into)
  const server = startFlagServer(SERVERS[options.server])
  const controller = new AbortController()
  const interrupt = (): void => controller.abort()
  process.once('SIGINT', interrupt)
  const maxReq = Math.min(options.max_req, mostMaxReq)
  console.log(`${options.server} site: ${server.url}`)
  console.log(`Searching for ${numberOf(codes.length, 'flag')}: ${spanOf(codes)}`)
  console.log(`${numberOf(maxReq, 'concurrent connection')} will be used.`)
  const counts = { downloaded: 0, 'not found': 0, failed: 0 }
  // On a terminal a bar shows how far it is.
  const bar = options.verbose || !stdout.isTTY ? undefined : new SingleBar({ format: BAR, stream: stdout })
  bar?.start(codes.length, 0)
  const count = (cc: string, status: Status): void => {
    counts[typeof status === 'string' ? status : 'failed']++
    bar?.increment()
    if (options.verbose)
      console.log(typeof status === 'string' ? `${cc} ${status}` : `*** Error for ${cc}: ${status.error}`)
  }
  const begin = performance.now()
  let elapsed = 0
  try {
    const { url } = server
    await download({ codes, url, folder: folder.path, maxReq, count }, controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
  } finally {
    elapsed = performance.now() - begin
    process.off('SIGINT', interrupt)
    server.stop()
    folder.close()
    bar?.stop()
  }
  console.log('-'.repeat(20))
  console.log(`${numberOf(counts.downloaded, 'flag')} downloaded.`)
  if (counts['not found'] > 0) console.log(`${counts['not found']} not found.`)
  if (counts.failed > 0) console.log(`${numberOf(counts.failed, 'error')}.`)
  console.log(`Elapsed time: ${(elapsed / 1000).toFixed(2)}s`)
  if (controller.signal.aborted) {
    console.log('Interrupted.')
    process.exitCode = 130
  }
}

/** Downloads one flag, and saves it. Neither a missing flag nor a failing server ends the program. */
export async function downloadFlag(cc: string, url: string, folder: string, signal: AbortSignal): Promise<Status> {
  let image: Uint8Array
  try {
    const response = await fetch(`${url}/${cc.toLowerCase()}.svg`, { signal })
    if (response.status === 404) return 'not found'
    if (!response.ok) return { error: `${response.status} ${response.statusText}` }
    image = new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    if (signal.aborted) throw error
    return { error: (error as Error).message } // there was no connection, or it broke
  }
  saveFlag(image, `${cc.toLowerCase()}.svg`, folder)
  return 'downloaded'
}

interface Options {
  readonly all?: boolean
  readonly every?: boolean
  readonly limit?: number
  readonly max_req: number
  readonly server: string
  readonly into?: string
  readonly verbose?: boolean
  readonly cc: readonly string[]
}

function readOptions(defaultMaxReq: number): Options {
  const command = new Command()
    .description('Download flags of countries. Default: the 20 with the most people.')
    .argument('[CC...]', 'codes of countries, or their first letters (B for BA…BZ)', countries)
    .option('-a, --all', 'get all flags there are (AD to ZW)')
    .option('-e, --every', 'try every possible code (AA…ZZ)')
    .option('-l, --limit <N>', 'the first N codes only', positive)
    .option('-m, --max_req <N>', 'how many requests at once', positive, defaultMaxReq)
    .option('-s, --server <LABEL>', `the server to ask: ${LABELS}`, label, 'LOCAL')
    .option('--into <folder>', 'keep the flags in this folder')
    .option('-v, --verbose', 'a line for each flag instead of a bar')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2)) // as Python's argparse
    .parse()
  return { ...command.opts<Omit<Options, 'cc'>>(), cc: command.processedArgs[0] ?? [] }
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number, and >= 1.')
  return number
}

function label(text: string): string {
  const name = text.toUpperCase()
  if (!Object.hasOwn(SERVERS, name)) throw new InvalidArgumentError(`Allowed choices are ${LABELS}.`)
  return name
}

/** Adds to the codes that were given before. */
function countries(text: string, before: readonly string[] = []): string[] {
  if (!/^[A-Z]{1,2}$/i.test(text)) throw new InvalidArgumentError('It must be A to Z or AA to ZZ.')
  return [...before, text.toUpperCase()]
}

function chosenCodes({ all, every, cc }: Options): string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  if (every) return letters.flatMap((first) => letters.map((second) => first + second))
  if (all) return allCountryCodes()
  if (cc.length === 0) return [...POP20].sort()
  return [...new Set(cc.flatMap((code) => (code.length > 1 ? code : letters.map((letter) => code + letter))))].sort()
}

function numberOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function spanOf(codes: readonly string[]): string {
  return codes.length > 10 ? `from ${codes[0]} to ${codes.at(-1)}` : codes.join(' ')
}
