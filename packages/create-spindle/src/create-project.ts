import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TEMPLATE } from './template.ts'

/** Options of `createProject`. */
export interface CreateOptions {
  /** A folder of tarballs made by `npm run pack`, to install Spindle from instead of the registry. */
  readonly from?: string | undefined
}

/**
 * Creates a project in a new or empty folder, and returns the names of its files. Installs nothing.
 * @throws Error if the folder is not empty, or if `from` has no tarballs
 */
export function createProject(folder: string, options: CreateOptions = {}): string[] {
  const target = resolve(folder)
  if (existsSync(target) && readdirSync(target).some((name) => name !== '.git'))
    throw new Error(`${target} is not empty. Name a new folder, so that nothing is overwritten.`)
  const files = { 'package.json': manifest(target, options.from), ...TEMPLATE }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(target, name)), { recursive: true })
    writeFileSync(join(target, name), text)
  }
  return Object.keys(files)
}

function manifest(target: string, from: string | undefined): string {
  const { dependencies, devDependencies } = from === undefined ? published() : packed(resolve(from))
  const scripts = {
    start: 'tsx src/main.ts',
    test: 'vitest run',
    lint: 'eslint .',
    check: 'tsc --noEmit',
  }
  const name = basename(target)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  const content = {
    name: name || 'my-app',
    private: true,
    type: 'module',
    scripts,
    dependencies,
    devDependencies: { ...TOOLS, ...devDependencies },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

// The versions that the template is tested with.
const TOOLS = {
  '@types/node': '20.19.0',
  '@typescript-eslint/parser': '8.72.0',
  eslint: '10.15.0',
  tsx: '4.23.15',
  typescript: '6.0.3',
  vitest: '4.1.12',
}

interface Dependencies {
  readonly dependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
}

/** All packages share one version, including this one. */
function published(): Dependencies {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    dependencies: { spindle: `^${version}` },
    devDependencies: { '@spindle/eslint-plugin': `^${version}`, '@spindle/testing': `^${version}` },
  }
}

/** All of them: a command that is wanted later would otherwise be looked for in the registry. */
function packed(folder: string): Dependencies {
  const dependencies = tarballs(folder)
  if (dependencies['spindle'] === undefined)
    throw new Error(
      `${folder} has no tarball of spindle. Run \`npm run pack\` in a clone of Spindle, which makes tarballs/.`,
    )
  const { 'create-spindle': _, ...devDependencies } = tarballs(join(folder, 'dev'))
  return { dependencies, devDependencies }
}

function tarballs(folder: string): Record<string, string> {
  const files = existsSync(folder) ? readdirSync(folder).sort() : []
  return Object.fromEntries(
    files.flatMap((file) => {
      const name = /^(.*)-\d+\.\d+\.\d+.*\.tgz$/.exec(file)?.[1]
      return name === undefined ? [] : [[name.replace(/^spindle-/, '@spindle/'), `file:${join(folder, file)}`]]
    }),
  )
}
