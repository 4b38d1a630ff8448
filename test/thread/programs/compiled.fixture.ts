// Compiles a module to another text, as Jest does by Babel, and passes its function to a thread.

import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { SourceTextModule } from 'node:vm'
import { isMain, ThreadPoolExecutor } from '@spindle/thread'

if (isMain(import.meta)) {
  const identifier = pathToFileURL('test/thread/programs/double.fixture.mjs').href
  const text = readFileSync(new URL(identifier), 'utf8').replace('n + n', '2 * n')
  const module = new SourceTextModule(text, { identifier })
  await module.link(() => {
    throw new Error('it imports nothing')
  })
  await module.evaluate()
  const { double } = module.namespace as { double: (n: number) => number }
  const pool = new ThreadPoolExecutor(1)
  console.log(await pool.submit(double, 3).then(String, String))
  pool.shutdown()
}
