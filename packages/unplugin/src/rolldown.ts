import { type RollupPlugin, type SpindleOptions, spindle } from './index.ts'

/** The plugin for rolldown. */
const plugin: (options?: SpindleOptions) => RollupPlugin = spindle.rolldown
export default plugin
