// A failure that can be reproduced is recorded and drawn, if `@spindle/inspect` is installed. A project may depend on
// it; this package does not.

import type { EventLoop } from 'spindle'
import { hostProcess } from 'spindle/internal'
import { builtin } from './host/node.ts'

/** The files with the recording of a failure. */
export interface FailureFiles {
  /** The recording, for `npx spindle`. */
  readonly recording: string
  /** The recording as a picture. */
  readonly picture: string
}

/** The part of `@spindle/inspect` that is used here. */
interface Inspect {
  record(loop: EventLoop): { stop(): unknown }
  formatRecording(recording: unknown): string
  toSVG(recording: unknown): string
}

interface Hashing {
  createHash(name: string): { update(text: string): { digest(form: 'hex'): string } }
}

const INSPECT = '@spindle/inspect'

/**
 * Reproduces a failure, and records it. Errors of the recorder are ignored, so that they do not hide the failure.
 * @param failure the text of the failure: the same failure is written to the same files
 * @param again runs the program, and calls `watch` with its loop before anything happens
 * @returns undefined if there is no recorder
 */
export async function recordFailure(
  failure: string,
  again: (watch: (loop: EventLoop) => void) => unknown,
): Promise<FailureFiles | undefined> {
  const process = hostProcess()
  if (process?.getBuiltinModule === undefined) return undefined
  const modules = process.getBuiltinModule
  try {
    const found = findInspect(process.cwd(), modules)
    if (found === undefined) return undefined
    const inspect = (await import(/* @vite-ignore */ found)) as Inspect
    let active: { stop(): unknown } | undefined
    await again((loop) => {
      active = inspect.record(loop)
    })
    const recording = active?.stop()
    if (recording === undefined) return undefined
    const { mkdirSync, writeFileSync } = modules('node:fs')
    const folder = `${process.cwd()}/node_modules/.cache/spindle`
    mkdirSync(folder, { recursive: true })
    const hash = builtin<Hashing>('node:crypto').createHash('sha256').update(failure).digest('hex')
    const path = `${folder}/failure-${hash.slice(0, 8)}`
    const files: FailureFiles = { recording: `${path}.spindle.jsonl`, picture: `${path}.svg` }
    const mode = 0o600
    writeFileSync(files.recording, inspect.formatRecording(recording), { mode })
    writeFileSync(files.picture, inspect.toSVG(recording), { mode })
    return files
  } catch {
    return undefined
  }
}

type Modules = NonNullable<NonNullable<ReturnType<typeof hostProcess>>['getBuiltinModule']>

/** Looks in the folders above, as Node does, but not where NODE_PATH says. */
export function findInspect(cwd: string, getBuiltinModule: unknown, entry: string = INSPECT): string | undefined {
  const modules = getBuiltinModule as Modules // not in the signature: its types are those of Node
  const { pathToFileURL } = modules('node:url')
  for (let folder = cwd; folder !== ''; folder = folder.replace(/(^|[\\/])[^\\/]*$/, '')) {
    if (!modules('node:fs').existsSync(`${folder}/node_modules/${INSPECT}`)) continue
    const { resolve } = modules('node:module').createRequire(pathToFileURL(`${folder}/-`).href)
    return pathToFileURL(resolve(entry)).href
  }
  return undefined
}
