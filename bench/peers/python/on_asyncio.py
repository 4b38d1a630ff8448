import asyncio
import time

ONE_KIND = "it has only one kind of call: see depth-… and fib"
cannot = {
    **{name: ONE_KIND for name in ("plain", "fib-plain", "generator")},
    "depth-1000": "Python's stack ends at 1000 frames",
    "promise": "Python has no promises",
    "memory": "memory is counted for V8 only",
    "start-up": "Python itself takes another time to start",
}


async def switch(tasks, rounds):
    turn = 0
    total = 0

    async def worker(id):
        nonlocal turn, total
        for round in range(rounds):
            if turn == round * tasks + id:
                total += 1
            turn += 1
            await asyncio.sleep(0)

    await asyncio.gather(*(worker(id) for id in range(tasks)))
    return total


class State:
    def __init__(self, tasks, rounds):
        self.turn = self.total = 0
        self.tasks = tasks
        self.rounds = rounds


def mixed_functions():
    functions = []
    for variant in range(20):
        lines = [f"async def worker(id, state):"]
        lines += [f"  local{n} = id + {n}" for n in range(variant)]
        lines += ["  tasks = state.tasks", "  for round in range(state.rounds):"]
        lines += ["    if state.turn == round * tasks + id: state.total += 1", "    state.turn += 1"]
        lines += [f"    local{n} += round" for n in range(variant % 4)]
        lines += ["    await asyncio.sleep(0)"]
        names = {"asyncio": asyncio}
        exec("\n".join(lines), names)
        functions.append(names["worker"])
    return functions


mixed = mixed_functions()


async def switch_mixed(tasks, rounds):
    state = State(tasks, rounds)
    await asyncio.gather(*(mixed[id % len(mixed)](id, state) for id in range(tasks)))
    return state.total


async def child(id):
    return id


async def spawn_seq(tasks):
    total = 0
    for id in range(tasks):
        total += await asyncio.create_task(child(id))
    return total


async def spawn_all(tasks):
    return sum(await asyncio.gather(*(child(id) for id in range(tasks))))


async def future(count):
    loop = asyncio.get_running_loop()
    total = 0
    mail = loop.create_future()

    async def consumer():
        nonlocal total, mail
        for _ in range(count):
            value, receipt = await mail
            mail = loop.create_future()
            total += value
            receipt.set_result(None)

    done = asyncio.create_task(consumer())
    for value in range(count):
        receipt = loop.create_future()
        mail.set_result((value, receipt))
        await receipt
    await done
    return total


async def queue(count, maxsize):
    queue = asyncio.Queue(maxsize)
    total = 0

    async def producer():
        for i in range(count):
            await queue.put(i)

    async def consumer():
        nonlocal total
        for _ in range(count):
            total += await queue.get()

    await asyncio.gather(producer(), consumer())
    return total


async def lock(tasks, rounds):
    lock = asyncio.Lock()
    inside = total = 0

    async def worker():
        nonlocal inside, total
        for _ in range(rounds):
            async with lock:
                if inside == 0:
                    total += 1
                inside += 1
                await asyncio.sleep(0)
                inside -= 1

    await asyncio.gather(*(worker() for _ in range(tasks)))
    return total


async def nested(depth, rounds):
    if depth > 1:
        return await nested(depth - 1, rounds) + 1
    total = 0
    for _ in range(rounds):
        await asyncio.sleep(0)
        total += 1
    return total + 1


async def fib(n):
    return n if n < 2 else await fib(n - 1) + await fib(n - 2)


async def cancel(tasks):
    loop = asyncio.get_running_loop()
    total = 0

    async def worker():
        nonlocal total
        try:
            await loop.create_future()
        finally:
            total += 1

    workers = [asyncio.create_task(worker()) for _ in range(tasks)]
    await asyncio.sleep(0)
    for task in workers:
        task.cancel()
    for outcome in await asyncio.gather(*workers, return_exceptions=True):
        if isinstance(outcome, asyncio.CancelledError):
            total += 1
    return total


async def timers(tasks, longest):
    total = 0

    async def sleeper(delay):
        nonlocal total
        start = time.perf_counter()
        await asyncio.sleep(delay / 1000)
        if (time.perf_counter() - start) * 1000 > delay - 1:
            total += 1

    await asyncio.gather(*(sleeper(id * 7919 % (longest + 1)) for id in range(tasks)))
    return total


async def timers_cancel(tasks):
    loop = asyncio.get_running_loop()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1

    handles = [loop.call_later(10 + i % 1000 / 1000, fire) for i in range(tasks)]
    for handle in handles:
        handle.cancel()
    return tasks - fired


mains = {
    "switch": switch,
    "switch-mixed": switch_mixed,
    "spawn-seq": spawn_seq,
    "spawn-all": spawn_all,
    "future": future,
    "queue": queue,
    "lock": lock,
    "depth": nested,
    "fib": fib,
    "cancel": cancel,
    "timers": timers,
    "timers-cancel": timers_cancel,
}
