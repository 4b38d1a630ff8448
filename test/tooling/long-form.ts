import { settings } from './settings.mjs'

const { form, runs } = settings()

/** Whether the tests run in their long form, as with `npm test -- --long`. */
export const longForm: boolean = form !== undefined

/** The extent of the tests of spindle/distributed, which have a third form: `npm test -- --distributed`. */
export const extent: 'short' | 'long' | 'full' = form === 'full' ? 'full' : longForm ? 'long' : 'short'

/** How many random cases a test tries: all of them in the long form, a quarter in the short one. */
export const randomCases = (all: number, short: number = Math.ceil(all / 4)): number => runs ?? (longForm ? all : short)

/** Always the same in tests, another one in each `npm run fuzz`. */
export const seed: number = runs === undefined ? 1 : Math.floor(Math.random() * 1e9)
