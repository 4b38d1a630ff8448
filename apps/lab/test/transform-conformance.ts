// The interpreter of the conformance programs, bundled to one file so that all its generator functions can be
// transformed.

import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import * as spindle from 'spindle'
import * as more from 'spindle/more'
import * as node from 'spindle/node'
import * as tools from 'spindle/tools'
import type { Program } from '../../../test/conformance/language.ts'
import { Frames } from '../src/sandbox/frames.ts'
import { insert } from '../src/transform/index.ts'

/** The exports of the bundle. */
export interface Interpreter {
  readonly programs: Readonly<Record<string, readonly Program[]>>
  runOnSpindle(program: Program): string[]
  numbered(program: Program): Program
  randomProgram(seed: number): Program
}

const MODULES: Record<string, object> = {
  spindle,
  'spindle/more': more,
  'spindle/node': node,
  'spindle/tools': tools,
}

/** Loads the interpreter twice: unchanged, and transformed. */
export async function loadInterpreters(): Promise<{ plain: Interpreter; transformed: Interpreter; awaits: number }> {
  const conformance = fileURLToPath(new URL('../../../test/conformance', import.meta.url))
  const entry = 'virtual:entry'
  const bundle = await rolldown({
    input: entry,
    external: Object.keys(MODULES),
    platform: 'node',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) =>
          id === entry
            ? ['spindle', 'programs/index', 'language', 'random/maker']
                .map((file) => `export * from '${conformance}/${file}.ts'`)
                .join('\n')
            : null,
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  const exported = /export \{([^}]*)\};?\s*$/.exec(output[0].code)
  if (exported === null) throw new Error('the bundle exports nothing')
  const names = exported[1]!.split(',').map((name) => name.trim())
  const source = `${output[0].code.slice(0, exported.index)}\n__hand.out({ ${names
    .map((name) => name.split(' as '))
    .map(([local, as = local]) => `${as}: ${local}`)
    .join(', ')} })`
  const inserted = insert(source)
  return { plain: await load(withImports(source)), transformed: await load(inserted), awaits: inserted.awaits.length }
}

function withImports(source: string): { code: string; runtime: string } {
  const code = source.replace(
    /^import (\{[^}]*\}) from ("[^"]+");?$/gm,
    (_, names: string, from: string) => `const ${names.replaceAll(' as ', ': ')} = __plain.module(${from});`,
  )
  return { code, runtime: '__plain' }
}

async function load({ code, runtime }: { readonly code: string; readonly runtime: string }): Promise<Interpreter> {
  const frames = new Frames()
  const calls = {
    module: (name: string) => MODULES[name],
    named: () => {},
    enter: (fn: number) => frames.enter(undefined, fn),
    leave: frames.leave.bind(frames),
    at: <T>(frame: ReturnType<Frames['enter']>, point: number, value: T): T => {
      frames.at(frame, point)
      return value
    },
    entered: () => {},
    unused: <T>(_line: number, value: T): T => value,
    tick: () => {},
  }
  let handed: unknown
  const hand = { out: (interpreter: unknown) => (handed = interpreter) }
  await new Function(`return (async function(${runtime}, __hand){"use strict";${code}\n})`)()(calls, hand)
  return handed as Interpreter
}
