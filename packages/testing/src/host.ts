/**
 * Puts the functions in place that `explore()` simulates, such as `setTimeout`, before any other module keeps one. They
 * act as the real ones while no program is explored. Import it first: with Vitest, `setupFiles:
 * ['@spindle/testing/host']`; with Jest, `setupFiles`, too; with Node, `node --import @spindle/testing/host --test`.
 *
 * @module
 */

import { keepHostGlobals } from './host/host-globals.ts'

keepHostGlobals()
