# The program of spindle.js on Python's asyncio: `python3 asyncio_busy.py <size as JSON>`.

import asyncio
import json
import sys
import time

size = json.loads(sys.argv[1])
tasks, work, at_once = size["tasks"], size["work"], size["atOnce"]
late = []


async def answer(reader, writer):
    while line := await reader.readline():
        if line == b"\r\n":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
            await writer.drain()


def work_for(duration):
    end = time.perf_counter() + duration / 1000
    while duration > 0 and time.perf_counter() < end:
        pass


async def worker(semaphore):
    while True:
        if semaphore:
            await semaphore.acquire()
        work_for(work)
        await asyncio.sleep(0)
        if semaphore:
            semaphore.release()


async def ticker():
    while True:
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - start) * 1000 - 1)


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    report = lambda: sys.stdin.readline() and print(json.dumps({"sleep": late}), flush=True)
    asyncio.get_running_loop().add_reader(sys.stdin, report)
    semaphore = asyncio.Semaphore(at_once) if at_once else None
    await asyncio.gather(ticker(), *(worker(semaphore) for _ in range(tasks)))


asyncio.run(main())
