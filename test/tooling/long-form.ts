/** Whether the tests run in their long form, as `npm run test:all` and CI do. */
export const longForm: boolean = process.env['SPINDLE_TESTS'] === 'all'
