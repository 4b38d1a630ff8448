// `npm run test:built`: the tests that use no more of their package than what it exports, on what is built: they, and the threads and
// processes that they start, import each package from its `dist`.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vitest/config'
import { MODULES } from './test/tooling/built-modules.mjs'
import { setup } from './test/tooling/built-packages.mjs'
import { importBuilt } from './test/tooling/import-built.mjs'
import config from './vitest.config.ts'

process.env['SPINDLE_TEST_BUILT'] = '1' // for threads and processes: test/tooling/typescript
await setup()

const files = ['loop', 'task', 'thread', 'node', 'testing'].flatMap((name) => {
  const folder = fileURLToPath(new URL(`packages/${name}/src/`, import.meta.url))
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}${path}`)
})
const tests = files.filter(
  (file) => file.endsWith('.test.ts') && importBuilt(readFileSync(file, 'utf8'), file).internal.length === 0,
)

const built = Object.entries(JSON.parse(readFileSync(MODULES, 'utf8')) as Record<string, string>)
const alias = built.map(([find, url]) => ({ find: new RegExp(`^${find}$`), replacement: fileURLToPath(url) }))

const { test = {} } = config

export default mergeConfig(
  { test: { ...test, projects: undefined } },
  {
    resolve: { alias },
    plugins: [
      {
        name: 'import-built',
        enforce: 'pre',
        transform: (source: string, id: string) => ({ code: importBuilt(source, id).source, map: null }),
      },
    ],
    test: { include: tests },
  },
)
