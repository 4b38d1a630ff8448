// The common part of all programs that download flags: which flags, from where, to where, and for how long.

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startFlagServer } from './flag_server.ts'

/** The 20 countries with the most people. */
export const POP20: readonly string[] = 'CN IN US ID BR PK NG BD RU JP MX PH VN ET EG DE IR TR CD FR'.split(' ')

/** The source and the destination of flags. It can be passed to threads and processes. */
export interface Site {
  /** The address of the server's flags. */
  readonly url: string
  /** The folder that they are saved in. */
  readonly folder: string
  /** How many threads or processes download. */
  readonly workers: number
  /** How many ms they wait after each flag. */
  readonly wait: number
}

/**
 * Runs a program with a server and a folder, which exist while it runs. The arguments on its command line: `--delay`,
 * how many ms the server takes to answer; `--workers`; `--wait`; `--into`, a folder to keep the flags in; `--site`, the
 * address of another server.
 */
export async function withSite(
  defaults: { readonly delay?: number; readonly workers?: number; readonly wait?: number },
  program: (site: Site) => Promise<void> | void,
): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { delay: text, workers: text, wait: text, into: text, site: text } })
  const number = (name: 'delay' | 'workers' | 'wait'): number => Number(values[name] ?? defaults[name] ?? 0)
  const folder = openFolder(values.into)
  const server = values.site ? { url: values.site, stop() {} } : startFlagServer({ delay: number('delay') })
  try {
    await program({ url: server.url, folder: folder.path, workers: number('workers'), wait: number('wait') })
  } finally {
    server.stop()
    folder.close()
  }
}

/** Makes a first request, which takes longer than later ones. */
export async function connect(site: Site): Promise<void> {
  const response = await fetch(site.url)
  await response.arrayBuffer()
}

/** Opens the folder of that name, or a new one that is removed with all flags when it is closed. */
export function openFolder(path: string | undefined): { readonly path: string; close(): void } {
  if (path !== undefined) {
    mkdirSync(path, { recursive: true })
    return { path, close() {} }
  }
  const fresh = mkdtempSync(join(tmpdir(), 'spindle-flags-'))
  return { path: fresh, close: () => rmSync(fresh, { recursive: true, force: true }) }
}

/**
 * Saves a flag. The file gets its name when it is complete, so that an interrupted program leaves no partial flag.
 */
export function saveFlag(image: Uint8Array, name: string, folder: string): void {
  const part = join(folder, `${name}.part`)
  writeFileSync(part, image)
  renameSync(part, join(folder, name))
}
