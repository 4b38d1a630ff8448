// Where compiled-programs.mjs puts the compiled examples, and how to run them.

export const COMPILED = 'examples/.compiled'

/** The arguments with which Node runs such a program. @param {string} path @param {boolean} inVirtualTime */
export function compiledCommand(path, inVirtualTime) {
  const virtualTime = inVirtualTime ? ['--import', `./${COMPILED}/virtual-time.mjs`] : []
  return ['--enable-source-maps', ...virtualTime, compiledPath(path)]
}

/** The compiled file of an example. @param {string} path */
export function compiledPath(path) {
  return path.replace(/^examples/, COMPILED).replace(/\.ts$/, '.js')
}
