// Where the examples stand that compiled-examples.mjs has compiled, and how they are run.

export const COMPILED = 'examples/.compiled'

/** What Node is told to run such a program. @param {string} path @param {boolean} inVirtualTime */
export function compiledCommand(path, inVirtualTime) {
  const virtualTime = inVirtualTime ? ['--import', `./${COMPILED}/virtual-time.mjs`] : []
  return ['--enable-source-maps', ...virtualTime, compiledPath(path)]
}

/** Where it is compiled to. @param {string} path */
export function compiledPath(path) {
  return path.replace(/^examples/, COMPILED).replace(/\.ts$/, '.js')
}
