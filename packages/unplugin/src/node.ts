// `node --import @spindle/unplugin/node main.ts`, `tsx --import @spindle/unplugin/node main.ts`: transforms the modules
// that the program loads.

import * as module from 'node:module'
import { loadSync } from './node-hooks.ts'

const registerHooks = Reflect.get(module, 'registerHooks') as
  | ((hooks: { load: typeof loadSync }) => void) // since Node 22.15, as the replacement for register()
  | undefined

if (registerHooks !== undefined) registerHooks({ load: loadSync })
else module.register(`./node-hooks${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
