// Node 20 reads the certificates of NODE_EXTRA_CA_CERTS at each start. With a file of all authorities, that takes
// 50 ms, more than all else, and tests start hundreds of processes. Only what downloads needs them.

import { changeSettings, settings } from './settings.mjs'

const { NODE_EXTRA_CA_CERTS } = process.env

/** Lets no process that is started from now on read them. */
export function leaveCertificatesOut() {
  if (NODE_EXTRA_CA_CERTS === undefined) return
  changeSettings({ certificates: NODE_EXTRA_CA_CERTS })
  delete process.env['NODE_EXTRA_CA_CERTS']
}

/** The variables for a process that downloads. */
export function withCertificates() {
  const certificates = NODE_EXTRA_CA_CERTS ?? settings().certificates
  return certificates === undefined ? process.env : { ...process.env, NODE_EXTRA_CA_CERTS: certificates }
}
