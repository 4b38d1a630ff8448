// The tables that bench.js prints.

/**
 * @param {import('./bench.js').Result[]} results
 * @param {import('./runtimes.js').Runtime[]} runtimes
 */
export function markdown(results, runtimes) {
  const rows = results.map(({ workload, runtimes: figures }) => [
    `\`${workload.name}\``,
    ...runtimes.map(({ name }) => cell(figures[name])),
    workload.aim === undefined ? '' : `≤ ${workload.aim}`,
  ])
  return [
    row(['CPU time: × native, ns', ...runtimes.map(({ name }) => name), 'aim']),
    row(['---', ...runtimes.map(() => '--:'), '--:']),
    ...rows.map(row),
    '',
  ].join('\n')
}

/** @param {import('./bench.js').Figures | undefined} figures */
function cell(figures) {
  if (figures === undefined || 'cannot' in figures) return '–'
  return `${figures.ratio.cpu.toFixed(2)} (wall ${figures.ratio.wall.toFixed(2)}) ${figures.cpu.toPrecision(3)} ns`
}

/** @param {string[]} cells */
function row(cells) {
  return `| ${cells.join(' | ')} |`
}
