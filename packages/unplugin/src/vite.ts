import { type RollupPlugin, type SpindleOptions, spindle } from './index.ts'

/** The plugin for vite. */
const plugin: (options?: SpindleOptions) => RollupPlugin = spindle.vite
export default plugin
