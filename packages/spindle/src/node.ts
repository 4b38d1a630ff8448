export { asyncLocalStorageTaskFactory, type CallOptions, call, callBack } from '@spindle/node'
