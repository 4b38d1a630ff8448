/** @type {typeof import('spindle')} */
const { run } = await import(process.argv[2] ?? 'spindle')

function* main() {
  return 42
}

if ((await run(main())) !== 42) process.exitCode = 1
