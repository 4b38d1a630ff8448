// Draws the measurements of `npm run bench docs` as SVG: `node charts.js <folder>`. The colours are CSS variables, so
// one file serves light and dark pages.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import { mainRows, settingOf } from './harness/report.js'

const LIGHT = { ground: '#ffffff', ink: '#24292f', soft: '#6e7781', line: '#d8dee4' }
const DARK = { ground: '#0d1117', ink: '#e6edf3', soft: '#8b949e', line: '#30363d' }
const LIGHT_SERIES = { a: '#0550ae', b: '#bc4c00', c: '#1a7f37', d: '#8250df', e: '#bf3989', f: '#57606a' }
const DARK_SERIES = { a: '#79c0ff', b: '#ffa657', c: '#7ee787', d: '#d2a8ff', e: '#ff9bce', f: '#b1bac4' }
const STYLE = `<style>
${variables({ ...LIGHT, ...LIGHT_SERIES })}
@media (prefers-color-scheme: dark) { ${variables({ ...DARK, ...DARK_SERIES })} }
</style>`
const COLOURS = ['var(--a)', 'var(--b)', 'var(--c)', 'var(--d)', 'var(--e)', 'var(--f)']
const RATIOS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
const MAIN = ['Spindle', 'best peer']

/** @type {import('vega-lite').Config} */
const config = {
  background: 'var(--ground)',
  padding: 12,
  font: 'system-ui, sans-serif',
  view: { stroke: 'var(--line)' },
  title: { color: 'var(--ink)', subtitleColor: 'var(--soft)', anchor: 'start', fontSize: 14, subtitlePadding: 4 },
  mark: { aria: false },
  axis: {
    aria: false,
    labelColor: 'var(--ink)',
    titleColor: 'var(--soft)',
    gridColor: 'var(--line)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    labelLimit: 360,
  },
  legend: { aria: false, labelColor: 'var(--ink)', titleColor: 'var(--soft)', labelLimit: 340 },
  header: { labelColor: 'var(--ink)', titleColor: 'var(--soft)' },
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('node charts.js <folder>')
await draw('performance', 'figures.json', mainChart)
await draw('growth', 'growth.json', growthChart)
await draw('latency', 'latency.json', latencyChart)

/** @param {import('./bench.js').Result[]} results */
function mainChart(results) {
  const rows = mainRows(results).filter(({ spindle }) => spindle.times > 0)
  const values = rows.flatMap(({ what, spindle, peer }) => {
    const row = what.replaceAll('`', '')
    const best = peer === undefined ? [] : [{ row, who: 'best peer', ratio: peer.times, peer: peer.name }]
    return [{ row, who: 'Spindle', ratio: spindle.times }, ...best]
  })
  const y = { field: 'row', type: 'nominal', sort: null, title: null }
  return {
    title: { text: 'CPU time and memory, × native promises: left is better', subtitle: settingOf(results) },
    width: 420,
    height: { step: 20 },
    data: { values },
    layer: [
      { mark: { type: 'rule', color: 'var(--soft)', strokeDash: [4, 3] }, encoding: { x: { datum: 1 } } },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: {
          y,
          x: {
            field: 'ratio',
            type: 'quantitative',
            scale: { type: 'log' },
            title: '× native',
            axis: { values: RATIOS },
          },
          color: { field: 'who', scale: { domain: MAIN, range: COLOURS }, title: null },
          shape: { field: 'who', scale: { domain: MAIN, range: ['circle', 'diamond'] }, title: null },
        },
      },
      {
        transform: [{ filter: 'datum.peer' }],
        mark: { type: 'text', align: 'left', dx: 7, color: 'var(--soft)', fontSize: 10 },
        encoding: { y, x: { field: 'ratio', type: 'quantitative' }, text: { field: 'peer' } },
      },
    ],
  }
}

/** @param {{ setting: string, counts: number[], figures: { name: string, costs: number[] }[] }} growth */
function growthChart({ setting, counts, figures }) {
  const shown = [
    'Tasks, each cancelled',
    'Tasks that wait for one Future, woken',
    'timers, fired',
    'children of a group',
    'items through one Queue',
    'Tasks that wait for one Lock, cancelled',
  ]
  const values = figures
    .filter(({ name }) => shown.includes(name))
    .flatMap(({ name, costs }) => costs.map((ns, index) => ({ name, n: counts[index], ns })))
  return {
    title: { text: 'What one of n costs, as n grows: flat is linear', subtitle: setting },
    width: 420,
    height: 280,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: {
        field: 'n',
        type: 'quantitative',
        scale: { type: 'log' },
        axis: { values: counts, format: ',' },
        title: 'n',
      },
      y: {
        field: 'ns',
        type: 'quantitative',
        scale: { type: 'log' },
        axis: { values: [30, 100, 300, 1000, 3000, 10_000], format: ',' },
        title: 'ns of CPU for one',
      },
      color: { field: 'name', scale: { domain: shown, range: COLOURS }, title: null },
    },
  }
}

/** @param {{ setting: string, figures: import('./latency/latency.js').Figures[] }} latency */
function latencyChart({ setting, figures }) {
  /** @type {Record<string, string>} */
  const beside = {
    idle: 'nothing else',
    switching: '10,000 Tasks that switch',
    working: '10,000 Tasks of 50 µs',
    limited: 'the same, 20 at a time',
  }
  const what = ['an answer over HTTP', 'sleep(1), how late']
  const values = figures.flatMap(({ scenario, contender, http, sleep }) =>
    [http, sleep].map(({ p50, p99 }, index) => ({
      beside: beside[scenario],
      contender: contender === 'spindle' ? 'Spindle' : contender,
      what: what[index],
      p50: Math.max(p50, 0.05),
      p99: Math.max(p99, 0.05),
    })),
  )
  const y = { field: 'contender', type: 'nominal', title: null, sort: null }
  const axis = { values: [0.1, 1, 10, 100, 1000, 10_000], format: '~g' }
  const x = { type: 'quantitative', scale: { type: 'log' }, axis, title: 'ms: median, and p99 (the line’s end)' }
  const color = { field: 'contender', scale: { range: COLOURS }, title: null, legend: null }
  return {
    title: { text: 'How late, beside busy Tasks', subtitle: setting },
    data: { values },
    facet: {
      row: { field: 'beside', sort: Object.values(beside), title: null, header: { labelAngle: 0, labelAlign: 'left' } },
      column: { field: 'what', sort: what, title: null },
    },
    spec: {
      width: 260,
      height: { step: 18 },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 3 },
          encoding: { y, x: { ...x, field: 'p50' }, x2: { field: 'p99' }, color },
        },
        {
          mark: { type: 'point', filled: true, size: 60, opacity: 1 },
          encoding: { y, x: { ...x, field: 'p50' }, color },
        },
      ],
    },
  }
}

/**
 * Draws a chart, if its figures were measured here.
 *
 * @param {string} name
 * @param {string} figures
 * @param {(figures: any) => any} chartOf
 */
async function draw(name, figures, chartOf) {
  const measured = fileURLToPath(new URL(`dist/${figures}`, import.meta.url))
  if (!existsSync(measured)) return console.error(`${name}.svg stays as it is: ${measured} is missing`)
  const chart = chartOf(JSON.parse(readFileSync(measured, 'utf8')))
  const { spec } = compile({ $schema: 'https://vega.github.io/schema/vega-lite/v6.json', config, ...chart })
  const svg = await new View(parse(spec), { renderer: 'none' }).toSVG()
  const file = `${folder}/${name}.svg`
  const label = chart.title.text.replaceAll('<', '&lt;')
  const bare = svg.replaceAll(/ (?:role|aria-[a-z]+)="[^"]*"/g, '') // the whole picture has one label
  const labelled = bare.replace(
    /<svg([^>]*)>/,
    `<svg$1 role="img" aria-label="${label}"><title>${label}</title>${STYLE}`,
  )
  writeFileSync(file, `${labelled}\n`)
  console.error(`${file} is drawn`)
}

/** @param {Record<string, string>} colours */
function variables(colours) {
  return `:root { ${Object.entries(colours)
    .map(([name, colour]) => `--${name}: ${colour}`)
    .join('; ')} }`
}
