import { type EsbuildPlugin, type SpindleOptions, spindle } from './index.ts'

/** The plugin for esbuild. */
const plugin: (options?: SpindleOptions) => EsbuildPlugin = spindle.esbuild
export default plugin
