// The scripts of a process, and the author's files behind them.

import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FunctionPlace } from './heap-graph.ts'
import type { Params } from './inspector.ts'

/** A place in a file: both numbers begin with 1; 0 if they are not known. */
export interface Place {
  /** A path, or a URL that is not of a file, such as `node:internal/timers`. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** `load()` */
  readonly function?: string
  /** Where the function begins: its present line is not known. */
  readonly isStart?: boolean
}

interface Script {
  readonly url: string
  readonly sourceMapURL: string
}

export class Scripts {
  readonly #scripts = new Map<number, Script>()
  readonly #maps = new Map<number, SourceMap | undefined>()

  add({ scriptId, url, sourceMapURL = '' }: Params): void {
    this.#scripts.set(Number(scriptId), { url: url as string, sourceMapURL: sourceMapURL as string })
  }

  /** The place in the file that the author wrote, if there is a source map. */
  place(at: FunctionPlace | undefined): Place {
    const script = this.#scripts.get(at?.script ?? -1)
    if (at === undefined || script === undefined) return { file: '', line: 0, column: 0 }
    const { line, column } = at
    const entry = this.#map(at.script, script)?.findEntry(line, column)
    if (entry !== undefined && 'originalSource' in entry && entry.originalSource) {
      const { originalSource, originalLine, originalColumn } = entry
      const source = URL.canParse(originalSource, script.url)
        ? new URL(originalSource, script.url).href
        : originalSource
      return { file: toPath(source), line: originalLine + 1, column: originalColumn + 1 }
    }
    return { file: toPath(script.url) || '[eval]', line: line + 1, column: column + 1 }
  }

  #map(id: number, { url, sourceMapURL }: Script): SourceMap | undefined {
    if (sourceMapURL === '' || this.#maps.has(id)) return this.#maps.get(id)
    let map: SourceMap | undefined
    try {
      const [, data] = /^data:[^,]*;base64,(.*)$/s.exec(sourceMapURL) ?? []
      const base = url.startsWith('/') ? `file://${url}` : url
      const text =
        data === undefined ? readFileSync(new URL(sourceMapURL, base), 'utf8') : Buffer.from(data, 'base64').toString()
      map = new SourceMap(JSON.parse(text))
    } catch {} // it does not exist, or is not a source map
    this.#maps.set(id, map)
    return map
  }
}

export function toPath(url: string): string {
  try {
    return url.startsWith('file:')
      ? fileURLToPath(url)
      : url.replace(/^webpack-internal:\/\/\/(?:\([^)]*\)\/)?|\?.*$/g, '')
  } catch {
    return url
  }
}
