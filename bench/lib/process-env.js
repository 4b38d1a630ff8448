// Node 20 reads the certificates that NODE_EXTRA_CA_CERTS names at each start: 40 ms, as much as all else that
// a small program does.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

/** The variables of a process that is measured. */
export const measuredEnv = env
