export { asyncLocalStorageTaskFactory } from './async-local-storage.ts'
export { type CallOptions, call, callBack } from './call.ts'
