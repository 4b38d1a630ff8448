import { createUnplugin } from 'unplugin'
import { EXCLUDED, findsRuntime, INCLUDED } from './files.ts'
import { transform } from './transform.ts'

/** Which files are transformed. A string is a glob pattern. */
export interface SpindleOptions {
  /** @default those that end with .js, .ts, .jsx, .tsx, .mjs, .mts */
  readonly include?: readonly (string | RegExp)[] | undefined
  /** @default what is in `node_modules` */
  readonly exclude?: readonly (string | RegExp)[] | undefined
}

// What all versions of a bundler accept, without the types of any: few programs have them all installed.

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

/** Plugins that turn `yield* x` into `yield* $(x, place)`. `@spindle/unplugin/vite` and so on have one of them each. */
export const spindle: SpindlePlugins = createUnplugin((options: SpindleOptions | undefined) => ({
  name: 'spindle',
  enforce: 'pre', // it sees what was written, so that lines are right
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
})) as unknown as SpindlePlugins // no bundler calls its plugin with anything else
