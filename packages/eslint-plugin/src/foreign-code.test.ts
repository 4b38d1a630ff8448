// Generators of other libraries are not coroutines. Of packages that consist of them, which come from npm, the rules
// report nothing, and fix nothing.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { fetchPackages, folderOf } from '../../../test/tooling/fetch-packages.ts'
import { longForm } from '../../../test/tooling/long-form.ts'
import plugin from './index.ts'

const PACKAGES =
  `@b9g/crank@0.7.11 @babel/core@7.29.13 @redux-saga/core@1.5.1 @thi.ng/csp@3.2.44 @thi.ng/iterators@6.1.119
  @thi.ng/transducers@9.7.0 bluebird-co@2.2.0 caf@15.0.1 co-mocha@1.2.2 effection@4.1.1 ember-concurrency@5.2.1
  extra-iterable@3.3.2 gen-run@0.1.2 genny@0.5.6 gensync@1.0.0-beta.2 iterplus@3.0.2 itiriri@2.0.1 ix@7.0.0 js-csp@1.0.1
  koa-router@5.4.2 koa-send@3.3.0 koa-session@3.4.0 koa-static@2.1.0 mobx-keystone@2.2.0 mobx-state-tree@9.0.0
  modern-async@2.0.4 saga-query@9.0.2 starfx@0.16.1 suspend@0.7.0 thunkify-wrap@1.0.4 typed-redux-saga@1.5.0
  wu@2.1.0`.split(/\s+/)

const GENERATOR = /\bfunction ?\*|^ *(?:static )?(?:async )?\*[\w[]/m

describe.runIf(longForm)('in the generators of other libraries', () => {
  let files: { path: string; code: string }[]
  beforeAll(async () => {
    const folder = await fetchPackages(PACKAGES)
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:js|mjs|cjs|ts)$/.test(path) && !/\.d\.ts$|\.min\.|umd/.test(path))
      .map((path) => ({ path: join(folder, path), code: readFileSync(join(folder, path), 'utf8') }))
      .filter(({ code }) => GENERATOR.test(code) && code.length < 400_000)
  }, 300_000)

  it('no rule reports anything, without types', () => {
    const alarms = files.flatMap(({ path, code }) => alarmsIn(code, path))
    const owners = new Set(files.map(({ path }) => PACKAGES.find((name) => path.includes(`/${folderOf(name)}/`))))
    expect({ files: files.length > 500, packages: owners.size, alarms }).toEqual({
      files: true,
      packages: PACKAGES.length,
      alarms: [],
    })
  })

  it('no rule reports anything, with types', () => {
    const typed = files.filter(({ path }) => path.endsWith('.ts'))
    const paths = typed.map(({ path }) => path)
    const program = ts.createProgram(paths, { noEmit: true, target: ts.ScriptTarget.ES2023, types: [] })
    const alarms = typed.flatMap(({ path, code }) => alarmsIn(code, path, { programs: [program] }))
    expect({ files: typed.length > 15, alarms }).toEqual({ files: true, alarms: [] })
  })

  it('nothing is fixed', () => {
    const linter = new Linter()
    const changed = files.filter(({ path, code }) => linter.verifyAndFix(code, configuration(), nameOf(path)).fixed)
    expect(changed.map(({ path }) => path)).toEqual([])
  })

  it('a rule that takes them for coroutines would be noticed', () => {
    const inSpindles = files.flatMap(({ path, code }) => alarmsIn(`import 'spindle';${code}`, path))
    const rules = new Set(inSpindles.map((alarm) => alarm.split(' ').at(-1)))
    const awaiting = ['no-floating-coroutine', 'no-swallowed-cancellation', 'no-unprotected-cleanup', 'yield-star']
    expect([...rules]).toEqual(
      expect.arrayContaining([...awaiting, 'no-blocking-in-coroutine', 'no-return-in-finally']),
    )
    const bare = files.filter(({ code }) => /\byield *[;)\n]/.test(code))
    expect({ filesWithABareYield: bare.length > 2 }).toEqual({ filesWithABareYield: true })
  })
})

function alarmsIn(code: string, path: string, parserOptions?: object): string[] {
  const messages = new Linter().verify(code, configuration(parserOptions), parserOptions ? path : nameOf(path))
  return messages
    .filter(({ ruleId }) => ruleId?.startsWith('@spindle/'))
    .map(({ line, ruleId }) => `${path}:${line} ${ruleId?.replace('@spindle/', '')}`)
}

function configuration(parserOptions: object = {}): Linter.Config[] {
  const common = { files: ['**/*'], languageOptions: { parser: parser as never, parserOptions } }
  return [{ ...common, linterOptions: { noInlineConfig: true } }, plugin.configs.strict]
}

// ESLint has no configuration for files outside of its folder.
const nameOf = (path: string): string => (path.endsWith('.ts') ? 'file.ts' : 'file.js')
