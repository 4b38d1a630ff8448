import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isMain } from '../index.ts'

describe('isMain', () => {
  const { argv } = process
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'spindle-main-'))
    writeFileSync(join(directory, 'app.js'), '')
    symlinkSync('app.js', join(directory, 'link.js'))
  })
  afterEach(() => {
    process.argv = argv
    rmSync(directory, { recursive: true })
  })
  const startedAs = (name: string, module: string): boolean => {
    process.argv = ['node', join(directory, name)]
    return isMain({ url: pathToFileURL(join(directory, module)).href })
  }

  it('recognises the program that was started, however its path was written', () => {
    const ways = ['app.js', 'app', 'link.js']
    expect(ways.filter((way) => startedAs(way, 'app.js'))).toEqual(ways)
  })

  it('is false for every other module', () => {
    expect({ other: startedAs('app.js', 'other.js'), missing: startedAs('missing.js', 'app.js') }).toEqual({
      other: false,
      missing: false,
    })
    expect(isMain({ url: 'https://host/app.js' })).toBe(false)
    process.argv = ['node']
    expect(isMain(import.meta)).toBe(false)
  })

  it('refuses a value that is no import.meta', () => {
    for (const bad of [undefined, null, 3, 'file:///x.js'])
      expect(() => isMain(bad as never)).toThrow(/^isMain\(\) takes import\.meta, got /)
  })

  it('uses the answer of the host if there is one', () => {
    const [is, isNot] = [true, false].map((main) => isMain({ url: 'file:///x.js', main }))
    expect({ is, isNot }).toEqual({ is: true, isNot: false })
  })
})
