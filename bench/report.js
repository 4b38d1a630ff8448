// The tables that bench.js prints.

/** @typedef {import('./bench.js').Result} Result */
/** @typedef {import('./bench.js').Figures} Figures */

const UNITS = { time: 'ns', memory: 'bytes', latency: 'ms', 'start-up': 'ms' }

/**
 * @param {Result[]} results
 * @param {import('./runtimes.js').Runtime[]} runtimes
 */
export function markdown(results, runtimes) {
  const timed = results.filter(({ workload }) => workload.kind === 'time')
  const others = results.filter(({ workload }) => workload.kind !== 'time')
  const names = runtimes.map(({ name }) => name)
  const tables = []
  if (timed.length > 0) {
    tables.push('CPU time, × native in the same round:', '', ...table(timed, names, ratioOf('cpu')), '')
    tables.push('Wall time, × native in the same round:', '', ...table(timed, names, ratioOf('wall')), '')
    tables.push('CPU time of one operation, in ns:', '', ...table(timed, names, ({ value }) => short(value), false), '')
  }
  if (others.length > 0) tables.push('Other things:', '', ...table(others, names, ({ value }) => short(value)), '')
  const excuses = results.flatMap(({ workload, cannot }) =>
    Object.entries(cannot).map(([name, why]) => `- ${name}, \`${workload.name}\`: ${why}`),
  )
  if (excuses.length > 0) tables.push('A dash means that it cannot be done:', '', ...excuses, '')
  return tables.join('\n')
}

/** @param {Result} result */
export function oneLine({ workload, figures }) {
  return Object.entries(figures)
    .map(([name, { value, ratio }]) => {
      const relative = ratio === undefined ? '' : ` (${ratio.cpu.toFixed(2)} ×)`
      return `${name} ${short(value)} ${UNITS[workload.kind]}${relative}`
    })
    .join('   ')
}

/**
 * @param {Result[]} results
 * @param {string[]} names
 * @param {(figures: Figures) => string} show
 */
function table(results, names, show, withAim = true) {
  const header = ['', ...names, ...(withAim ? ['aim'] : [])]
  const rule = ['---', ...header.slice(1).map(() => '--:')]
  const rows = results.map(({ workload, figures }) => [
    `\`${workload.name}\` ${workload.kind === 'time' ? '' : UNITS[workload.kind]}`.trim(),
    ...names.map((name) => (figures[name] === undefined ? '–' : show(figures[name]))),
    ...(withAim ? [workload.aim === undefined ? '' : `≤ ${workload.aim}`] : []),
  ])
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

/** @param {'cpu' | 'wall'} which */
function ratioOf(which) {
  return (/** @type {Figures} */ { ratio }) => (ratio === undefined ? '' : short(ratio[which], 2))
}

/**
 * @param {number} value
 * @param {number} digits
 */
function short(value, digits = value < 10 ? 1 : 0) {
  return value === Number.POSITIVE_INFINITY ? 'never' : value.toFixed(value >= 10 ? 0 : digits)
}
