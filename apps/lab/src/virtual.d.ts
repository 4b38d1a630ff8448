declare module 'virtual:sandbox-worker' {
  /** The source text of the Worker, bundled into one string. */
  const source: string
  export default source
}

declare module '*.md?raw' {
  const text: string
  export default text
}

declare module '*.css' {}
