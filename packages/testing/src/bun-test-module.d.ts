// The parts of Bun's own module that Spindle uses: Bun's package of types would declare many more globals.

declare module 'bun:test' {
  type DefineBunTest = (name: string, body: () => Promise<unknown>, timeout?: number) => void
  type DefineBunHook = (body: () => Promise<unknown>, timeout?: number) => void
  export const afterAll: DefineBunHook
  export const afterEach: DefineBunHook
  export const beforeAll: DefineBunHook
  export const beforeEach: DefineBunHook
  export const test: DefineBunTest & { readonly only: DefineBunTest; readonly skip: DefineBunTest }
}
