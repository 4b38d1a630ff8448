// The hooks of node.ts.

import type { LoadHook } from 'node:module'
import { fileURLToPath } from 'node:url'
import remapping, { type SourceMapInput } from '@jridgewell/remapping'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { EXCLUDED, findsRuntime, INCLUDED } from './files.ts'
import { transform } from './transform.ts'

const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json[^,]*;base64,([A-Za-z0-9+/=]+)\s*$/

type Loaded = Awaited<ReturnType<LoadHook>>

/** For `module.register()`, which runs hooks on a separate thread. */
export const load: LoadHook = async (url, context, nextLoad) => transformLoaded(url, await nextLoad(url, context))

/** For `module.registerHooks()` of newer versions of Node, which runs hooks on the program's thread. */
export function loadSync<Context>(url: string, context: Context, nextLoad: NextLoadSync<Context>): Loaded {
  return transformLoaded(url, nextLoad(url, context))
}

type NextLoadSync<Context> = (url: string, context: Context) => Loaded

function transformLoaded(url: string, loaded: Loaded): Loaded {
  const { source, format } = loaded
  if (source === undefined || source === null || !url.startsWith('file:')) return loaded
  if (format !== 'module' && format !== 'module-typescript') return loaded
  const file = fileURLToPath(url.replace(/[?#].*$/, ''))
  if (!INCLUDED.test(file) || EXCLUDED.test(file) || !findsRuntime(file)) return loaded
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
  const code = transformCompiled(text, file, format === 'module' ? 'js' : 'ts')
  return code === undefined ? loaded : { ...loaded, source: code }
}

/** Transforms a module that another loader may have compiled: the result of that is JavaScript, with a source map. */
function transformCompiled(source: string, file: string, lang: 'js' | 'ts'): string | undefined {
  const inline = INLINE_MAP.exec(source)?.[1]
  const compiledFrom = inline === undefined ? undefined : Buffer.from(inline, 'base64').toString()
  const trace = compiledFrom === undefined ? undefined : new TraceMap(compiledFrom)
  const result = transform(compiledFrom === undefined ? source : source.replace(INLINE_MAP, '\n'), file, {
    lang,
    originalPosition(position) {
      if (trace === undefined) return position
      const original = originalPositionFor(trace, { line: position.line, column: position.column - 1 })
      return original.line === null ? position : { line: original.line, column: original.column + 1 }
    },
  })
  if (result === undefined) return undefined
  const maps = [JSON.stringify(result.map), ...(compiledFrom === undefined ? [] : [compiledFrom])]
  const map = JSON.stringify(remapping(maps as SourceMapInput[], () => null))
  return `${result.code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`
}
