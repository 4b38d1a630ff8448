// `--import` it: Hardened JavaScript, in which all that the language brings along is frozen.
import 'ses'

globalThis.lockdown({ errorTaming: 'unsafe', consoleTaming: 'unsafe' })
