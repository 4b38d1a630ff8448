// For the other packages of Spindle; users never import this. The build makes `dist/runtime.js` of it: the whole loop
// and all of Task, which everything else of Spindle stands on.

export * from '@spindle/loop/internal'
export * from '@spindle/task'
export { Task } from '@spindle/task' // the class; of the loop it is a type
