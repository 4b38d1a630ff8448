// With `--import` of this file, a program runs in Hardened JavaScript, where all built-in objects are frozen.
import 'ses'

globalThis.lockdown({ errorTaming: 'unsafe', consoleTaming: 'unsafe' })
