/** Whether the tests run in their long form: `npm run test:all`, which is what CI does. */
export const longForm: boolean = process.env['SPINDLE_TESTS'] === 'all'
