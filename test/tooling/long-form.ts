/** Whether the tests run in their long form, as `npm run test:all` and CI do. */
export const longForm: boolean = globalThis.process?.env['SPINDLE_TESTS'] === 'all' // a page has no process

/** How many random cases a test tries: all of them in the long form, a quarter in the short one. */
export const randomCases = (all: number): number => (longForm ? all : Math.ceil(all / 4))
