// Bundles a program and a module for Node, including Spindle, as servers and cloud functions are deployed.

import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { build as byEsbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { build as byVite } from 'vite'

/**
 * Bundles `main` and `work`, each separately or with shared code in further files, and returns the file of the
 * program.
 */
export type Bundler = (main: string, work: string, folder: string) => Promise<string>

export const bundlers: Readonly<Record<string, Bundler>> = {
  'esbuild to one ES module': (main, work, folder) => oneFile('esm', main, work, folder),
  'esbuild to one CommonJS module': (main, work, folder) => oneFile('cjs', main, work, folder),
  'Rolldown, in chunks': async (main, work, folder) => {
    const bundle = await rolldown({ input: { main, work }, platform: 'node', transform: { target: 'node20' } })
    await bundle.write({
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name].mjs',
      minify: true,
    })
    return join(folder, 'main.mjs')
  },
  Vite: async (main, work, folder) => {
    await byVite({
      configFile: false,
      logLevel: 'error',
      build: { ssr: true, outDir: folder, target: 'node20', rolldownOptions: { input: { main, work } } },
      ssr: { noExternal: true },
    })
    renameSync(join(folder, 'work.js'), join(folder, 'work.mjs'))
    return join(folder, 'main.js')
  },
}

async function oneFile(format: 'esm' | 'cjs', main: string, work: string, folder: string): Promise<string> {
  const options = { bundle: true, minify: true, platform: 'node', target: 'node20', logLevel: 'error' } as const
  const file = join(folder, format === 'esm' ? 'main.mjs' : 'main.cjs')
  await byEsbuild({ ...options, format, entryPoints: [main], outfile: file })
  await byEsbuild({ ...options, format: 'esm', entryPoints: [work], outfile: join(folder, 'work.mjs') })
  return file
}
