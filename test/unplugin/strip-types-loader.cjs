// For webpack, which knows no TypeScript.
const { transformSync } = require('esbuild')

/** @param {string} source */
module.exports = (source) => transformSync(source, { loader: 'ts' }).code
