// One table of all recipes, made of the headers of the examples and of what they print: `npx tsx test/docs/recipes.ts`
// writes it. To measure an example again: `npx tsx test/docs/recipes.ts openai.ts --stops 1000 --plain 30`.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root, runExample } from '../tooling/run-example.ts'

export const PAGE = 'docs/how-to/agents.md'
const FOLDER = 'examples/with-packages'
const HEAD = '| recipe for | what a stop needs | write | Spindle | plain TypeScript |\n|---|---|---|---|---|\n'

/** A way to run an example. Only the first one, which has no option, says what to write. */
interface Recipe {
  readonly file: string
  readonly option: string
  readonly name: string
  readonly needs: string
  readonly write: string
}

function recipesIn(file: string): Recipe[] {
  const [header = ''] = readFileSync(`${root}${FOLDER}/${file}`, 'utf8').split(/^(?!\/\/)/m)
  const text = header.replaceAll(/\n?\/\/ /g, ' ')
  const [, name, needs = '', write = ''] = / Recipe for (.+?): (.+?) Write: (.+?) Run: /.exec(text) ?? []
  if (name === undefined) return []
  const options = [...text.matchAll(/`(--\w+)`/g)].map(([, option = '']) => option)
  return [
    { file, option: '', name, needs, write },
    ...options.map((option) => ({ file, option, name, needs: '', write: '' })),
  ]
}

/** The page with the table as it has to be. `measured` replaces the counts of one way to run an example. */
export function withTable(page: string, measured: ReadonlyMap<string, string> = new Map()): string {
  const [before = '', rest = ''] = page.split(HEAD)
  const [rows = ''] = /^(?:\|.*\n)*/.exec(rest) ?? []
  const old = rows.matchAll(/^\| \[.*?\/(\w+\.ts)\)(?:, `(.*?)`)? .* \| (\S.* \| \S.*) \|$/gm)
  const counts = new Map([
    ...[...old].map(([, file = '', option = '', counted = '']) => [`${file} ${option}`, counted] as const),
    ...measured,
  ])
  const table = readdirSync(root + FOLDER)
    .sort()
    .filter((file) => file.endsWith('.ts'))
    .flatMap(recipesIn)
    .map(({ file, option, name, needs, write }) => {
      const link = `[${name}](../../${FOLDER}/${file})${option && `, \`${option}\``}`
      return `| ${link} | ${needs} | ${write} | ${counts.get(`${file} ${option}`) ?? '? | ?'} |\n`
    })
  return `${before}${HEAD}${table.join('')}${rest.slice(rows.length)}`
}

/** What an example has printed, as it stands in the table: `1000, 200: 0, 0, 0 | 30: 0, 0, 22`. */
export function countsOf(printed: string): string {
  const lines = [...printed.matchAll(/^(?:Spindle|plain TypeScript),.* (\d+) stops: (.*)$/gm)]
  const [once, twice, plain] = lines.map(([, stops, text = '']) => ({ stops, counts: text.match(/\d+/g) ?? [] }))
  if (once === undefined || twice === undefined || plain === undefined) throw new Error(printed)
  const both = once.counts.map((count, kind) => Number(count) + Number(twice.counts[kind]))
  return `${once.stops}, ${twice.stops}: ${both.join(', ')} | ${plain.stops}: ${plain.counts.join(', ')}`
}

async function measure([file = '', ...args]: readonly string[]): Promise<[string, string]> {
  const option = args.find((word) => /^--(?!stops|double|plain)/.test(word)) ?? ''
  const { stdout, stderr } = await runExample(`${FOLDER}/${file}`, { args: [...args], timeout: 3_600_000 })
  return [`${file} ${option}`, countsOf(stdout + stderr)]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2)
  const measured = new Map(words.length === 0 ? [] : [await measure(words)])
  writeFileSync(root + PAGE, withTable(readFileSync(root + PAGE, 'utf8'), measured))
}
