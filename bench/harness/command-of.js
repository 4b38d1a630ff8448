import { bundled } from './bundled.js'

/**
 * The command that starts the whole process of a workload; undefined if a runtime has none.
 *
 * @param {import('./runtimes.js').Runtime} runtime
 * @param {import('./workloads.js').Workload} workload
 */
export async function commandOf({ startUp, whole }, workload) {
  const command = workload.kind === 'whole' ? whole : startUp
  if (workload.bundled !== true) return command
  return command?.at(-1)?.includes('/peers/') ? undefined : bundled(command)
}
