import { createServer } from 'node:http'
import { handler, runMain, serve } from 'spindle/node'
import { answer } from './answer.ts'

// Each request is a Task. If its client goes away, the Task is cancelled.
const server = createServer(
  handler(function* (request, response) {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    response.end(yield* answer(decodeURIComponent(pathname.slice(1))))
  }),
)

const port = Number(process.env['PORT'] ?? 3000)
server.listen(port, () => console.log(`http://localhost:${port}`))
// SIGTERM and Ctrl-C stop it, without losing a request.
await runMain(serve(server, { graceTime: 5000 }))
