import { runMain } from 'spindle/node'
import { greetAll } from './greet.ts'

const names = process.argv.slice(2)

// Ctrl-C cancels it: every greeting cleans up, and then the program ends.
await runMain(function* () {
  const greetings = yield* greetAll(names.length > 0 ? names : ['Ann', 'Bob'])
  console.log(greetings.join('\n'))
})
