// Runs ESLint with type information over programs, as a user's editor does.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import parser from '@typescript-eslint/parser'
import { ESLint } from 'eslint'
import type ts from 'typescript'
import plugin from './index.ts'

export const root: string = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Writes programs to a folder from which the built packages can be imported, as users do, with a tsconfig.json beside
 * them.
 */
export function writePrograms(name: string, programs: readonly string[]): { folder: string; files: string[] } {
  const folder = `${root}test/.compiled/programs-${name}/`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const files = programs.map((_, index) => `${folder}program-${index}.ts`)
  for (const [index, file] of files.entries()) writeFileSync(file, programs[index] ?? '')
  const options = {
    strict: true,
    noEmit: true,
    types: ['node'],
    lib: ['ES2023', 'ESNext.Disposable'],
    target: 'ES2022',
  }
  const compilerOptions = { ...options, module: 'nodenext', skipLibCheck: true, allowImportingTsExtensions: true }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  return { folder, files }
}

/** The reports of the rules of one configuration, by file. A program that has been compiled is not read again. */
export async function lint(
  cwd: string,
  patterns: readonly string[],
  configuration: 'recommended' | 'strict' | 'tests',
  program?: ts.Program,
): Promise<Map<string, { line: number; rule: string }[]>> {
  const eslint = new ESLint({
    cwd,
    overrideConfigFile: true,
    overrideConfig: [
      { ignores: ['examples/own'] },
      {
        files: ['**/*.ts'],
        linterOptions: { reportUnusedDisableDirectives: 'off' },
        languageOptions: {
          parser: parser as never,
          parserOptions: program ? { programs: [program] } : { project: projectsIn(cwd), tsconfigRootDir: cwd },
        },
      },
      plugin.configs[configuration] as never,
      { rules: { 'no-unused-vars': 'off' } },
    ],
  })
  const results = await eslint.lintFiles([...patterns])
  return new Map(
    results.map(({ filePath, messages }) => [
      filePath,
      messages.map(({ line, ruleId, message }) => ({ line, rule: ruleId?.replace('@spindle/', '') ?? message })),
    ]),
  )
}

/** The projects whose files are linted: in the repository the page of the examples has one of its own. */
function projectsIn(folder: string): string[] {
  return [`${folder}tsconfig.json`, `${folder}examples/browser/tsconfig.json`].filter((file) => existsSync(file))
}
