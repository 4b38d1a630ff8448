// Where compiled-programs.mjs puts the compiled examples and fixtures, and how to run them.

/** Beside the packages that the examples depend on. */
export const COMPILED = 'examples/.compiled'
export const COMPILED_FIXTURES = 'test/.compiled'

/** The arguments with which Node runs such a program. @param {string} path @param {boolean} inVirtualTime */
export function compiledCommand(path, inVirtualTime) {
  const virtualTime = inVirtualTime ? ['--import', `./${COMPILED}/virtual-time.mjs`] : []
  return ['--enable-source-maps', ...virtualTime, compiledPath(path)]
}

/** The compiled file of an example or a fixture. @param {string} path */
export function compiledPath(path) {
  const compiled = path.startsWith('examples/') ? path.replace('examples', COMPILED) : `${COMPILED_FIXTURES}/${path}`
  return compiled.replace(/\.ts$/, '.js')
}
