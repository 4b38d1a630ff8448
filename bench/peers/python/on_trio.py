import time

import trio
import trio.testing

from on_asyncio import cannot as cannot_asyncio

cannot = {
    **{name: why.replace("asyncio", "trio") for name, why in cannot_asyncio.items()},
    "switch": "by design, trio runs ready tasks in a random order",
    "switch-mixed": "by design, trio runs ready tasks in a random order",
    "future": "trio has no Futures",
    "timers-cancel": "trio has no timers but sleeping tasks",
}


def run(main):
    async def awaited():
        return await main

    return trio.run(awaited)


async def switch_few(tasks, rounds):
    total = 0

    async def worker():
        nonlocal total
        for _ in range(rounds):
            total += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        for _ in range(tasks):
            nursery.start_soon(worker)
    return total


async def spawn_seq(tasks):
    total = 0

    async def child(id):
        nonlocal total
        total += id

    for id in range(tasks):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(child, id)
    return total


async def spawn_all(tasks):
    total = 0

    async def child(id):
        nonlocal total
        total += id

    async with trio.open_nursery() as nursery:
        for id in range(tasks):
            nursery.start_soon(child, id)
    return total


async def queue(count, maxsize):
    sender, receiver = trio.open_memory_channel(maxsize)
    total = 0

    async def producer():
        for i in range(count):
            await sender.send(i)

    async def consumer():
        nonlocal total
        for _ in range(count):
            total += await receiver.receive()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(producer)
        nursery.start_soon(consumer)
    return total


async def lock(tasks, rounds):
    lock = trio.Lock()
    inside = total = 0

    async def worker():
        nonlocal inside, total
        for _ in range(rounds):
            async with lock:
                if inside == 0:
                    total += 1
                inside += 1
                await trio.lowlevel.checkpoint()
                inside -= 1

    async with trio.open_nursery() as nursery:
        for _ in range(tasks):
            nursery.start_soon(worker)
    return total


async def nested(depth, rounds):
    if depth > 1:
        return await nested(depth - 1, rounds) + 1
    total = 0
    for _ in range(rounds):
        await trio.lowlevel.checkpoint()
        total += 1
    return total + 1


async def fib(n):
    return n if n < 2 else await fib(n - 1) + await fib(n - 2)


async def cancel(tasks):
    total = 0

    async def worker(scope):
        nonlocal total
        with scope:
            try:
                await trio.sleep_forever()
            finally:
                total += 1

    scopes = [trio.CancelScope() for _ in range(tasks)]
    async with trio.open_nursery() as nursery:
        for scope in scopes:
            nursery.start_soon(worker, scope)
        await trio.testing.wait_all_tasks_blocked()
        for scope in scopes:
            scope.cancel()
    return total + sum(scope.cancelled_caught for scope in scopes)


async def timers(tasks, longest):
    total = 0

    async def sleeper(delay):
        nonlocal total
        start = time.perf_counter()
        await trio.sleep(delay / 1000)
        if (time.perf_counter() - start) * 1000 > delay - 1:
            total += 1

    async with trio.open_nursery() as nursery:
        for id in range(tasks):
            nursery.start_soon(sleeper, id * 7919 % (longest + 1))
    return total


mains = {
    "switch-few": switch_few,
    "spawn-seq": spawn_seq,
    "spawn-all": spawn_all,
    "queue-1": queue,
    "queue-1000": queue,
    "lock": lock,
    "depth-1": nested,
    "depth-10": nested,
    "depth-100": nested,
    "fib": fib,
    "cancel": cancel,
    "timers-100k": timers,
    "timers-1M": timers,
}
