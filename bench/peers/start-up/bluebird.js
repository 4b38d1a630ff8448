// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import Bluebird from 'bluebird'

const main = Bluebird.coroutine(function* () {
  return 42
})

if ((await main()) !== 42) process.exitCode = 1
