import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printable } from './printable.ts'
import { TEMPLATES, type Template } from './templates.ts'

/** Options of `createProject`. */
export interface CreateOptions {
  /** `command-line` or `cli`, `server`, `library`, `react` or `vite`. @default 'command-line' */
  readonly template?: string | undefined
  /** A folder of tarballs made by `npm run pack`, to install Spindle from instead of the registry. */
  readonly from?: string | undefined
}

/**
 * Creates a project in a new or empty folder, and returns the names of its files. Installs nothing.
 * @throws Error if the folder has no name that can be printed, if it is not empty, if there is no such template, or if
 * `from` has no tarballs
 */
export function createProject(folder: string, options: CreateOptions = {}): string[] {
  const target = resolve(folder)
  if (folder.trim() === '' || printable(target) !== target)
    throw new Error(
      `'${printable(folder)}' is no name of a folder. Name one without line breaks and control characters`,
    )
  if (existsSync(target) && readdirSync(target).some((name) => name !== '.git'))
    throw new Error(`${target} is not empty. Name a new folder, so that nothing is overwritten.`)
  const { template: name = 'command-line', from } = options
  const template = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : ALIASES.get(name)
  if (template === undefined)
    throw new Error(`there is no template ${name}. Take one of ${Object.keys(TEMPLATES).join(', ')}`)
  const text = manifest(target, template, from)
  mkdirSync(target, { recursive: true })
  for (const part of template.folders) {
    cpSync(fileURLToPath(new URL(`../templates/${part}`, import.meta.url)), target, { recursive: true })
  }
  renameSync(join(target, 'gitignore'), join(target, '.gitignore')) // npm publishes no file of that name
  writeFileSync(join(target, 'package.json'), text)
  const files = readdirSync(target, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => statSync(join(target, file)).isFile() && !file.startsWith('.git/')).sort()
}

/** Other words that people type. */
const ALIASES = new Map([
  ['cli', TEMPLATES['command-line']],
  ['vite', TEMPLATES['react']],
])

function manifest(target: string, template: Template, from: string | undefined): string {
  const { dependencies, devDependencies } = from === undefined ? published() : packed(resolve(from))
  const name = basename(target)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  const content = {
    name: name || 'my-app',
    ...template.manifest,
    type: 'module',
    dependencies: { ...template.dependencies, ...dependencies },
    devDependencies: { ...template.devDependencies, ...devDependencies },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

const USED_IN_TESTS: readonly string[] = ['@spindle/eslint-plugin', '@spindle/testing']

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

/** The dependencies of a project that installs tarballs. */
function packed(folder: string): Dependencies {
  const dependencies = tarballs(folder)
  if (dependencies['spindle'] === undefined)
    throw new Error(
      `${folder} has no tarball of spindle. Run \`npm run pack\` in a clone of Spindle, which makes tarballs/.`,
    )
  const all = Object.entries(tarballs(join(folder, 'dev')))
  return { dependencies, devDependencies: Object.fromEntries(all.filter(([name]) => USED_IN_TESTS.includes(name))) }
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
