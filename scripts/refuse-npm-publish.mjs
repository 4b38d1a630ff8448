// Before a package is published: only pnpm puts `publishConfig.exports` in the place of `exports`. What `npm publish` would publish
// names sources that nobody can run, and its dependencies would be `workspace:*`.

const agent = process.env['npm_config_user_agent'] ?? ''
if (!agent.startsWith('pnpm/')) {
  console.error(`publish with pnpm, not with ${agent.split(' ')[0] || 'what was used here'}: pnpm --recursive publish`)
  process.exit(1)
}
