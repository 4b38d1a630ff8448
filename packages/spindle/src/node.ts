export {
  asyncLocalStorageTaskFactory,
  type CallOptions,
  call,
  callBack,
  type EmitterLike,
  type EventsOptions,
  type EventTargetLike,
  events,
  once,
} from '@spindle/node'
