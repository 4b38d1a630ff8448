export { asyncLocalStorageTaskFactory } from './async-local-storage.ts'
export { type CallOptions, call, callBack } from './call.ts'
export { type EmitterLike, type EventsOptions, type EventTargetLike, events, once } from './events.ts'
