// Tasks as spans. An entry of its own, as `@opentelemetry/api` is needed by those alone who use it.

export { type TraceTasksOptions, traceTasks } from './traces/trace-tasks.ts'
