import { type SpindleOptions, spindle, type WebpackPlugin } from './index.ts'

/** The plugin for webpack. */
const plugin: (options?: SpindleOptions) => WebpackPlugin = spindle.webpack
export default plugin
