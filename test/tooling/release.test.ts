import { describe, expect, it } from 'vitest'
import { inOrder, notesOf, releaseChangelog, sharedVersion } from '../../scripts/release.mjs'

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

  it('uploads the dependencies of a package first', () => {
    const manifests = [
      { name: 'top', dependencies: { middle: '1', elsewhere: '2' } },
      { name: 'ground' },
      { name: 'middle', dependencies: { ground: '1' } },
    ]
    expect(inOrder(manifests)).toEqual(['ground', 'middle', 'top'])
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
