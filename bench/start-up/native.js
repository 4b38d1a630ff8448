async function main() {
  return 42
}

if ((await main()) !== 42) process.exitCode = 1
