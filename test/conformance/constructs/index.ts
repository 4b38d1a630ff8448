// All constructs. To add one: a file here, with its Python in the file of the same name, and a line here.
export * from './callbacks.ts'
export * from './contexts.ts'
export * from './control.ts'
export * from './futures.ts'
export * from './gathering.ts'
export * from './sleeping.ts'
export * from './tasks.ts'
