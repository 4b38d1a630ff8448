// Prints what will run, the progress, and the time left, which the parts that have run tell.

/** @param {number} count */
export function progress(count) {
  const begin = performance.now()
  let done = 0
  process.stderr.write(`${count} workloads.\n`)
  return {
    /** @param {string} name */
    begin(name) {
      process.stderr.write(`[${`${done + 1}`.padStart(`${count}`.length)}/${count}] ${name} … `)
    },
    /** @param {string} line */
    end(line) {
      done++
      const each = (performance.now() - begin) / 1000 / done
      const left = done === count ? '' : `   (about ${duration(each * (count - done))} to go)`
      process.stderr.write(`${line}${left}\n`)
    },
  }
}

/** @param {number} seconds */
export function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
}
