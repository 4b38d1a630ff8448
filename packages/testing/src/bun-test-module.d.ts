// What we use of Bun's own module: its types are a package of Bun's, which comes with more globals than ours.

declare module 'bun:test' {
  type DefineBunTest = (name: string, body: () => Promise<unknown>, timeout?: number) => void
  export const test: DefineBunTest & { readonly only: DefineBunTest; readonly skip: DefineBunTest }
}
