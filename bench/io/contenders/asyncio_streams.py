# asyncio's streams, with the same protocol as server.js.

import asyncio
import json
import resource
import sys


async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def tell(answer):
    print(json.dumps(answer), flush=True)


def asked(loop):
    if sys.stdin.readline() == "":
        loop.stop()
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    tell((usage.ru_utime + usage.ru_stime) * 1e6)


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=4096)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, asked, loop)
    tell(server.sockets[0].getsockname()[1])
    await server.serve_forever()


try:
    if sys.argv[1:] == ["uvloop"]:
        import uvloop

        uvloop.run(main())
    else:
        asyncio.run(main())
except RuntimeError:
    pass  # stopped
