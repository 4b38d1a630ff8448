import { type RollupPlugin, type SpindleOptions, spindle } from './index.ts'

/** The plugin for rollup. */
const plugin: (options?: SpindleOptions) => RollupPlugin = spindle.rollup
export default plugin
