// Replaces record.ts in a bundle for browsers, which have no files.

import { RuntimeError } from '@spindle/loop'
import type * as record from './record.ts'

export const recordRun: typeof record.recordRun = () =>
  Promise.reject(new RuntimeError('run() records on Node.js only'))
