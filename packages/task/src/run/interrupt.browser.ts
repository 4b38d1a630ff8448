// Stands for interrupt.ts in a bundle for browsers, where there is no Ctrl-C.

import { KeyboardInterrupt } from '@spindle/loop'
import type * as interrupt from './interrupt.ts'

export const onInterrupt: typeof interrupt.onInterrupt = () => ({
  happened: false,
  error: () => new KeyboardInterrupt(),
  stop() {},
})
