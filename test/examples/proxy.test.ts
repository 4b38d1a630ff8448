import { execFile, spawn } from 'node:child_process'
import { createServer, request } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Program } from './program.ts'

// What the clients want: an answer, an echo, or to wait forever.
const upstream = createServer((request, response) => {
  if (request.url === '/echo') request.pipe(response)
  else if (request.url === '/headers') {
    response.writeHead(200, { connection: 'close, x-hop', 'x-hop': '1' }).end(JSON.stringify(request.headers))
  } else if (request.url === '/never') {
    asked++
    response.on('close', () => gone.push('given up'))
  } else response.writeHead(201, { 'x-from': 'upstream' }).end('an answer')
})
upstream.on('upgrade', (request, socket, head) => {
  if (request.url !== '/socket') return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: ${request.headers.upgrade}\r\nconnection: upgrade\r\n\r\nhello `,
  )
  socket.write(head)
  socket.pipe(socket)
})
const gone: string[] = []
let asked = 0 // for what is never answered
const echo = createTcpServer((socket) => socket.pipe(socket))

/** A server whose queue is soon full, so that who connects to it waits. It prints its port. */
const NEVER_ACCEPTS = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

let proxy: Program
let port: string
let url: string
beforeAll(async () => {
  for (const server of [upstream, echo]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(upstream.address() as { port: number }).port}`
  proxy = new Program('examples/proxy/proxy.ts', '0', 'any')
  port = await proxy.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
}, 120_000)
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  upstream.closeAllConnections()
  upstream.close()
  echo.close()
})

/** Asks the proxy for an address, as clients do. */
function ask(address: string, body?: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { port, path: address, method: body === undefined ? 'GET' : 'POST', agent: false },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode, text }))
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('examples/proxy/proxy.ts', { timeout: 120_000 }, () => {
  it('passes requests and answers on', async () => {
    expect(await ask(`${url}/`)).toEqual({ status: 201, text: 'an answer' })
    const large = 'x'.repeat(3_000_000)
    const { text } = await ask(`${url}/echo`, large)
    expect(text === large).toBe(true)
    expect(proxy.output).toContain(`GET ${url}/: 201\n`)
  })

  it.each([
    ['switches', '/socket', /^HTTP\/1\.1 101 Switching Protocols\r\n/, 'hello ping'],
    ['refuses', '/other', /^HTTP\/1\.1 403 Forbidden\r\n/, 'no'],
  ])(
    'passes on a request for another protocol, and all that is said in it: the server %s',
    async (_what, path, head, end) => {
      const socket = connect(Number(port), '127.0.0.1')
      let got = ''
      socket.on('data', (chunk) => {
        got += chunk
      })
      socket.write(`GET ${url}${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nping`)
      await until(() => got.endsWith(end))
      expect(got).toMatch(head)
      expect(got.endsWith(`\r\n\r\n${end}`)).toBe(true)
      if (path === '/socket') expect(got).toContain('upgrade: echo\r\n')
      socket.end()
      await until(() => proxy.output.includes(`UPGRADE ${url}${path}: ${path === '/socket' ? '101, closed' : '403'}\n`))
      expect(proxy.output).toContain(`UPGRADE ${url}${path}: ${path === '/socket' ? '101, closed' : '403'}\n`)
    },
  )

  it('cancels a request when its client disconnects', async () => {
    const asking = request({ port, path: `${url}/never`, agent: false })
    asking.on('error', () => {})
    asking.end()
    await until(() => asked === 1)
    expect(gone).toEqual([])
    asking.destroy()
    await until(() => gone.length > 0)
    expect(gone).toEqual(['given up'])
    await proxy.printed(/\/never: CancelledError: the client has hung up\n/)
  })

  it('answers 502 when the target does not answer', async () => {
    const { status, text } = await ask('http://127.0.0.1:1/')
    expect([status, text]).toEqual([502, 'Bad Gateway\n'])
  })

  it('keeps the headers of a connection to itself, and takes the host from the URL', async () => {
    const answer = await new Promise<{ host: unknown; names: string[]; connection: unknown }>((resolve, reject) => {
      const headers = {
        host: 'evil.example',
        connection: 'keep-alive, X-Secret',
        'x-secret': '1',
        'proxy-authorization': 'Basic eDp5',
        te: 'trailers',
        'x-kept': '1',
      }
      const asking = request({ port, path: `${url}/headers`, headers, agent: false }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => {
          const got = JSON.parse(text) as Record<string, string>
          resolve({ host: got['host'], names: Object.keys(got).sort(), connection: response.headers['x-hop'] })
        })
      })
      asking.on('error', reject)
      asking.end()
    })
    expect(answer).toEqual({ host: new URL(url).host, names: ['connection', 'host', 'x-kept'], connection: undefined })
  })

  it('opens tunnels only to port 443, unless configured otherwise', async () => {
    await using strict = new Program('examples/proxy/proxy.ts', '0')
    const strictPort = await strict.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
    const got = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(Number(strictPort), '127.0.0.1')
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
      socket.write('CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n')
    })
    expect(got).toBe('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
  })

  it('answers 502 when the target of a tunnel does not answer', async () => {
    const socket = connect(Number(port), '127.0.0.1')
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.write('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect(got).toBe('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n')
  })

  it('makes tunnels, which end when either end closes', async () => {
    const target = `127.0.0.1:${(echo.address() as { port: number }).port}`
    const socket = connect(Number(port), '127.0.0.1')
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
    await until(() => got.includes('established'))
    socket.write('through the tunnel')
    await until(() => got.includes('through the tunnel'))
    expect(got).toBe('HTTP/1.1 200 Connection established\r\n\r\nthrough the tunnel')
    socket.end()
    await proxy.printed(/CONNECT 127\.0\.0\.1:\d+: closed\n/)
  })

  it('cancels the connection of a tunnel when its client disconnects, in either way', async () => {
    const full = spawn(process.execPath, ['-e', NEVER_ACCEPTS], { stdio: ['ignore', 'pipe', 'inherit'] })
    const waiting: Socket[] = []
    try {
      const target = Number(await new Promise((resolve) => full.stdout.once('data', resolve)))
      for (let i = 0; i < 4; i++) waiting.push(connect(target, '127.0.0.1').on('error', () => {}))
      for (const hangUp of ['resetAndDestroy', 'end'] as const) {
        const socket = connect(Number(port), '127.0.0.1')
        const before = proxy.output.length
        socket.write(`CONNECT 127.0.0.1:${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
        await new Promise((resolve) => setTimeout(resolve, 200)) // it has no way to tell that it is connecting
        socket[hangUp]()
        await until(() => proxy.output.length > before)
        expect(proxy.output.slice(before)).toBe(`CONNECT 127.0.0.1:${target}: CancelledError: the client has hung up\n`)
      }
    } finally {
      for (const socket of waiting) socket.destroy()
      full.kill('SIGKILL')
    }
  })

  it('makes tunnels to addresses of IPv6', async ({ skip }) => {
    const six = createTcpServer((socket) => socket.end('from afar'))
    const error = await new Promise((resolve) => six.once('error', resolve).listen(0, '::1', () => resolve(undefined)))
    if (error !== undefined) skip('there is no IPv6 here')
    const socket = connect(Number(port), '127.0.0.1')
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.write(`CONNECT [::1]:${(six.address() as { port: number }).port} HTTP/1.1\r\nHost: [::1]\r\n\r\n`)
    await until(() => got.endsWith('from afar'))
    socket.end()
    six.close()
    expect(got).toBe('HTTP/1.1 200 Connection established\r\n\r\nfrom afar')
  })

  it('serves curl', async ({ skip }) => {
    const result = await new Promise<{ error: Error | null; stdout: string }>((resolve) => {
      const args = ['--silent', '--noproxy', '', '--proxy', `127.0.0.1:${port}`, `${url}/`]
      execFile('curl', args, (error, stdout) => resolve({ error, stdout }))
    })
    if ((result.error as NodeJS.ErrnoException | null)?.code === 'ENOENT') skip('there is no curl here')
    expect(result).toEqual({ error: null, stdout: 'an answer' })
  })

  it('closes all at SIGTERM', async () => {
    const asking = ask(`${url}/never`).catch((error) => error.code)
    await until(() => asked === 2)
    await proxy.end('SIGTERM')
    expect(await asking).toBe('ECONNRESET')
    expect(proxy).toMatchObject({ signal: 'SIGTERM', output: expect.stringMatching(/Closed\n$/) })
  })
})
