import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProject } from './create-project.ts'
import { TEMPLATES } from './templates.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-spindle-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const manifestOf = (project: string) => JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))

describe('createProject', () => {
  it('writes the files that it names, and depends on its own version', () => {
    const project = join(folder, 'My App!')
    const files = createProject(project)
    expect(readdirSync(project, { recursive: true, encoding: 'utf8' })).toEqual(expect.arrayContaining(files))
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(manifestOf(project)).toMatchObject({ name: 'my-app', dependencies: { spindle: `^${version}` } })
  })

  it.each(['', ' ', 'a\nb', 'a\u001b[2Jb', 'a\u202eb'])('refuses the name %j, and prints it in one line', (name) => {
    const make = (): unknown => createProject(name.trim() === '' ? name : join(folder, name))
    expect(make).toThrow(/^'[ -~]*' is no name of a folder/)
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(Object.keys(TEMPLATES))('has the template %s, with all that its scripts need', (template) => {
    const project = join(folder, template)
    const files = createProject(project, { template })
    expect(files).toEqual(
      expect.arrayContaining(['.gitignore', 'AGENTS.md', 'README.md', 'eslint.config.js', 'package.json']),
    )
    const { scripts, dependencies, devDependencies } = manifestOf(project)
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['build', 'test', 'lint', 'check']))
    const texts = files.map((file) => readFileSync(join(project, file), 'utf8'))
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/from '(?!node:)((?:@[\w-]+\/)?[a-z][\w-]*)/g)].flatMap(([, name]) => name ?? []),
    )
    const names = Object.keys({ ...dependencies, ...devDependencies })
    expect(names).toEqual(expect.arrayContaining([...new Set(imported)]))
    // Nothing else is installed: types, and the programs that a script calls.
    const called = Object.values<string>(scripts).join(' ')
    const tools = names.filter((name) => !imported.includes(name) && !name.startsWith('@types/'))
    expect(tools.filter((name) => !called.includes({ typescript: 'tsc' }[name] ?? name))).toEqual([])
    // A test with `it`, and one with `explore`.
    expect(texts.join()).toContain('it.explore(\n')
  })

  it.each([
    ['cli', 'command-line'],
    ['vite', 'react'],
  ])('takes %s for %s', (alias, template) => {
    const [ofAlias, ofTemplate] = [alias, template].map((each) => createProject(join(folder, each), { template: each }))
    expect(ofAlias).toEqual(ofTemplate)
  })

  it('refuses an unknown template', () => {
    expect(() => createProject(join(folder, 'new'), { template: 'toString' })).toThrow('there is no template toString')
    expect(readdirSync(folder)).toEqual([])
  })

  it('overwrites nothing', () => {
    writeFileSync(join(folder, 'thesis.txt'), 'ten years of work')
    expect(() => createProject(folder)).toThrow(`${folder} is not empty`)
    expect(readdirSync(folder)).toEqual(['thesis.txt'])
  })

  it('refuses a folder without tarballs, and writes nothing', () => {
    const project = join(folder, 'new')
    expect(() => createProject(project, { from: folder })).toThrow(`${folder} has no tarball of spindle`)
    expect(readdirSync(folder)).toEqual([])
  })

  it('takes all packages from a folder of tarballs, by their npm names', () => {
    mkdirSync(join(folder, 'dev'))
    for (const name of ['spindle-0.1.0.tgz', 'notes.txt', 'dev/spindle-testing-0.1.0.tgz'])
      writeFileSync(join(folder, name), '')
    const project = join(folder, 'new')
    createProject(project, { from: folder })
    expect(manifestOf(project)).toMatchObject({
      dependencies: { spindle: `file:${folder}/spindle-0.1.0.tgz` },
      devDependencies: { '@spindle/testing': `file:${folder}/dev/spindle-testing-0.1.0.tgz` },
    })
  })
})
