// A program whose pool process computes. Prints the pid of that, and waits to be killed.

import { writeSync } from 'node:fs'
import { isMain, ProcessPoolExecutor } from 'spindle/thread'

export function compute(): never {
  writeSync(1, `${process.pid}\n`)
  for (;;);
}

if (isMain(import.meta)) void new ProcessPoolExecutor(1).submit(compute)
