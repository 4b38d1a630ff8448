// A fresh folder for a program that downloads flags, and what it is to find there afterwards.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flagFile } from '../../examples/support/flag_server.ts'

export class FlagFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'spindle-test-'))

  /**
   * What lies in it: the code of each flag that is the picture itself, byte for byte; of others the name of the file.
   */
  get flags(): string[] {
    return readdirSync(this.path)
      .map((name) => {
        const cc = /^([a-z]{2})\.svg$/.exec(name)?.[1]
        const same = cc !== undefined && readFileSync(join(this.path, name)).equals(readFileSync(flagFile(cc)))
        return same ? cc.toUpperCase() : name
      })
      .sort()
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}
