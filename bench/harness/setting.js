import { availableParallelism, loadavg } from 'node:os'

/** The conditions of a measurement: engine, cores, the load of the machine, the day. */
export function setting() {
  return [
    `Node ${process.versions.node}`,
    `${availableParallelism()} cores`,
    `load ${loadavg()[0]?.toFixed(1)}`,
    new Date().toISOString().slice(0, 10),
  ].join(', ')
}
