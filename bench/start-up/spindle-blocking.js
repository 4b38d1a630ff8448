/** @type {typeof import('spindle')} */
const { runSync } = await import(process.argv[2] ?? 'spindle')

function* main() {
  return 42
}

if (runSync(main()) !== 42) process.exitCode = 1
