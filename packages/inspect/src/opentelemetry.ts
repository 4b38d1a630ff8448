// Tasks as spans. A separate entry, because only its users need `@opentelemetry/api`.

export { type TraceTasksOptions, traceTasks } from './traces/trace-tasks.ts'
