import { createUnplugin } from 'unplugin'
import { EXCLUDED, findsRuntime, INCLUDED } from './files.ts'
import { transform } from './transform.ts'

/** Which files are transformed. A string is a glob pattern. */
export interface SpindleOptions {
  /** @default files that end with .js, .ts, .jsx, .tsx, .mjs, .mts */
  readonly include?: readonly (string | RegExp)[] | undefined
  /** @default files in `node_modules` */
  readonly exclude?: readonly (string | RegExp)[] | undefined
}

// A type that all versions of a bundler accept, without importing its types: few programs have all bundlers installed.

/** A plugin for Vite, Rollup or Rolldown. */
export interface RollupPlugin {
  readonly name: string
}

/** A plugin for esbuild. */
export interface EsbuildPlugin {
  readonly name: string
  readonly setup: (build: object) => void | Promise<void>
}

/** A plugin for webpack or Rspack. */
export interface WebpackPlugin {
  readonly apply: (compiler: object) => void
}

/** The plugins by bundler. */
export interface SpindlePlugins {
  readonly vite: (options?: SpindleOptions) => RollupPlugin
  readonly rollup: (options?: SpindleOptions) => RollupPlugin
  readonly rolldown: (options?: SpindleOptions) => RollupPlugin
  readonly esbuild: (options?: SpindleOptions) => EsbuildPlugin
  readonly webpack: (options?: SpindleOptions) => WebpackPlugin
  readonly rspack: (options?: SpindleOptions) => WebpackPlugin
}

/**
 * Plugins that turn `yield* x` into `yield* $(x, place)`. `@spindle/unplugin/vite` and the like export one of them
 * each.
 */
export const spindle: SpindlePlugins = createUnplugin((options: SpindleOptions | undefined) => ({
  name: 'spindle',
  enforce: 'pre', // it sees the original source, so that line numbers are right
  transform: {
    filter: {
      id: { include: [...(options?.include ?? [INCLUDED])], exclude: [...(options?.exclude ?? [EXCLUDED])] },
      code: /\byield\b/,
    },
    handler(code, id) {
      const file = id.replace(/\?.*$/, '')
      return findsRuntime(file) ? transform(code, file) : undefined
    },
  },
})) as unknown as SpindlePlugins // bundlers call their plugin with nothing else
