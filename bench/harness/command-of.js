import { bundled } from './bundled.js'

/**
 * The command that starts the whole process of a workload, before it is bundled; undefined if a runtime has none.
 *
 * @param {import('./runtimes.js').Runtime} runtime
 * @param {import('./workloads.js').Workload} workload
 */
export function commandOf({ startUp, whole }, workload) {
  const command = workload.kind === 'whole' ? whole : startUp
  return workload.bundled === true && command?.at(-1)?.includes('/peers/') ? undefined : command
}

/**
 * The commands of those that have one, by the name of the runtime. Bundles the programs if the workload says so.
 *
 * @param {import('./runtimes.js').Runtime[]} runtimes
 * @param {import('./workloads.js').Workload} workload
 */
export async function commandsOf(runtimes, workload) {
  /** @type {Record<string, string[]>} */
  const commands = {}
  for (const runtime of runtimes) {
    const command = commandOf(runtime, workload)
    if (command !== undefined) commands[runtime.name] = workload.bundled === true ? await bundled(command) : command
  }
  return commands
}
