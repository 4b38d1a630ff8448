// The `prepack` script of each package. npm would pack the working tree: without `dist`, with `exports` that name
// sources, and with dependencies on `workspace:*`, which cannot be installed. pnpm, which `npm run pack` uses, corrects
// all of this.

const { npm_config_user_agent: agent = '', npm_command: command = '' } = process.env

if (agent.startsWith('npm/') && (command === 'pack' || command === 'publish')) {
  console.error(
    `npm ${command} cannot pack these sources. In the root of the repository run\n` +
      '  npm run pack\n' +
      'and install, or publish, the files that it writes to tarballs/.',
  )
  process.exitCode = 1
}
