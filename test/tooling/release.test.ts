import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checksums } from '../../scripts/pack.mjs'
import { notesOf, releaseChangelog, sharedVersion } from '../../scripts/release.mjs'

const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n'

describe('a release', () => {
  it('puts the version and the date above the new section', () => {
    const released = releaseChangelog(CHANGELOG, '0.2.0', '2026-02-03')
    expect(released).toBe(
      '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-02-03)\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n',
    )
    expect([notesOf(released, '0.2.0'), notesOf(released, '0.1.0'), notesOf(released, '3.0.0')]).toEqual([
      '- New.',
      '- Old.',
      '',
    ])
  })

  it('is refused if nothing is new, if the version exists, and if it is invalid', () => {
    const released = releaseChangelog(CHANGELOG, '0.2.0', '2026-02-03')
    expect(() => releaseChangelog(released, '0.3.0', '2026-02-03')).toThrow('nothing under "## Unreleased"')
    expect(() => releaseChangelog(CHANGELOG, '0.1.0', '2026-02-03')).toThrow('has a 0.1.0 already')
    expect(() => releaseChangelog(CHANGELOG, 'v1', '2026-02-03')).toThrow('got v1')
  })

  it('has checksums that sha256sum accepts, and that a changed file fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spindle-checksums-'))
    try {
      mkdirSync(join(folder, 'dev'))
      const files = ['a.tgz', 'dev/b.tgz'].map((name) => join(folder, name))
      for (const file of files) writeFileSync(file, file)
      writeFileSync(join(folder, 'SHA256SUMS'), checksums(folder, files))
      const check = (): string =>
        spawnSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' }).stdout
      expect(check()).toBe('a.tgz: OK\ndev/b.tgz: OK\n')
      writeFileSync(files[1] as string, 'changed')
      expect(check()).toBe('a.tgz: OK\ndev/b.tgz: FAILED\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is tested by a job that cannot publish', () => {
    const workflow = readFileSync(new URL('../../.github/workflows/release.yml', import.meta.url), 'utf8')
    const jobs = workflow.split(/^ {2}(?=\w+:$)/m).slice(1)
    const mayPublish = jobs.filter((job) => job.includes('id-token: write'))
    expect(workflow.slice(0, workflow.indexOf('jobs:'))).not.toContain('id-token')
    expect(mayPublish).toHaveLength(1)
    expect(mayPublish[0]).toContain('npm run release')
    expect(mayPublish[0]).toContain('needs: test')
    expect(mayPublish[0]).not.toContain('npm test')
  })

  it('is of one version', () => {
    expect(sharedVersion([{ name: 'a', version: '1.0.0' }])).toBe('1.0.0')
    const two = [
      { name: 'a', version: '1.0.0' },
      { name: 'b', version: '1.1.0' },
    ]
    expect(() => sharedVersion(two)).toThrow('a 1.0.0, b 1.1.0')
  })
})
