"""The bugs of asyncio that test/bugs has, in Python again: each broken as it once was, and with what asyncio has now."""

import asyncio


class BrokenLock:
    """bpo-27585"""

    def __init__(self):
        self.locked = False
        self.waiters = []

    async def acquire(self):
        if not self.locked and all(waiter.cancelled() for waiter in self.waiters):
            self.locked = True
            return
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        try:
            await waiter
            self.locked = True
        finally:
            self.waiters.remove(waiter)

    def release(self):
        self.locked = False
        for waiter in self.waiters:
            if not waiter.done():
                return waiter.set_result(None)


class BrokenSemaphore:
    """gh-90155, the first cure"""

    def __init__(self):
        self.value = 1
        self.waiters = []
        self.wakeup_scheduled = False

    async def acquire(self):
        while self.wakeup_scheduled or self.value == 0:
            waiter = asyncio.get_running_loop().create_future()
            self.waiters.append(waiter)
            try:
                await waiter
                self.wakeup_scheduled = False
            except asyncio.CancelledError:
                self.wake_next()
                raise
        self.value -= 1

    def release(self):
        self.value += 1
        self.wake_next()

    def wake_next(self):
        while self.waiters:
            waiter = self.waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                self.wakeup_scheduled = True
                return


class BrokenCondition:
    """gh-112202"""

    def __init__(self):
        self.lock = asyncio.Lock()
        self.waiters = []

    async def __aenter__(self):
        await self.lock.acquire()

    async def __aexit__(self, *_):
        self.lock.release()

    async def wait(self):
        self.lock.release()
        try:
            waiter = asyncio.get_running_loop().create_future()
            self.waiters.append(waiter)
            try:
                await waiter
            finally:
                self.waiters.remove(waiter)
        finally:
            await self.reacquire()

    async def reacquire(self):
        cancelled = None
        while True:
            try:
                await self.lock.acquire()
                break
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled

    def notify(self):
        for waiter in self.waiters:
            if not waiter.done():
                return waiter.set_result(None)


class SwallowingCondition(BrokenCondition):
    """bpo-32841"""

    async def reacquire(self):
        while True:
            try:
                await self.lock.acquire()
                return
            except asyncio.CancelledError:
                pass


class BrokenQueue:
    """python/asyncio#269"""

    def __init__(self):
        self.items = []
        self.getters = []

    def put_nowait(self, item):
        self.items.append(item)
        while self.getters:
            getter = self.getters.pop(0)
            if not getter.done():
                return getter.set_result(None)

    async def get(self):
        while not self.items:
            getter = asyncio.get_running_loop().create_future()
            self.getters.append(getter)
            try:
                await getter
            except asyncio.CancelledError:
                getter.cancel()
                raise
        return self.items.pop(0)


async def workers(lock, arrivals, hold):
    async def worker(arrives):
        if arrives > 0:
            await asyncio.sleep(arrives)
        await lock.acquire()
        try:
            await asyncio.sleep(hold)
        finally:
            lock.release()

    tasks = [asyncio.create_task(worker(arrives), name=f"w{n + 1}") for n, arrives in enumerate(arrivals)]
    for task in tasks:
        await task


async def one_item(condition):
    items = 0

    async def consumer():
        nonlocal items
        async with condition:
            while items == 0:
                await condition.wait()
            items -= 1

    async def borrower():
        nonlocal items
        await consumer()
        async with condition:
            items += 1
            condition.notify()

    tasks = [asyncio.create_task(borrower(), name=name) for name in ("c1", "c2")]
    await asyncio.sleep(10)
    async with condition:
        items += 1
        condition.notify()
    for task in tasks:
        await task


async def reacquiring(condition):
    ends = []

    async def waiter():
        async with condition:
            await condition.wait()
        ends.append("waiter")

    async def notifier():
        await asyncio.sleep(10)
        async with condition:
            condition.notify()
            await asyncio.sleep(10)

    tasks = [asyncio.create_task(waiter(), name="waiter"), asyncio.create_task(notifier(), name="notifier")]
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            break
    return ends


async def passing(queue):
    async def consumer():
        queue.put_nowait(await queue.get())

    tasks = [asyncio.create_task(consumer(), name=name) for name in ("c1", "c2")]
    await asyncio.sleep(10)
    queue.put_nowait(1)
    for task in tasks:
        await task


PROGRAMS = {
    "bpo-27585": (lambda: workers(BrokenLock(), [0, 0, 0], 10), lambda: workers(asyncio.Lock(), [0, 0, 0], 10)),
    "gh-90155, CPython 3.10.5": (
        lambda: workers(BrokenSemaphore(), [0, 0, 15], 10),
        lambda: workers(asyncio.Semaphore(1), [0, 0, 15], 10),
    ),
    "gh-112202, CPython 3.12": (lambda: one_item(BrokenCondition()), lambda: one_item(asyncio.Condition())),
    "bpo-32841": (lambda: reacquiring(SwallowingCondition()), lambda: reacquiring(asyncio.Condition())),
    "python/asyncio#269": (lambda: passing(BrokenQueue()), lambda: passing(asyncio.Queue())),
}


class CancellingLoop(VirtualLoop):
    """Cancels a Task when one step of one Task is about to come, or has just been."""

    def __init__(self, path, where, step_of, step):
        super().__init__()
        self.plan = (path, where, step_of, step)
        self.steps = {}
        # In C a Task does not tell which of its steps comes.
        self.set_task_factory(lambda loop, coro, **kwargs: asyncio.tasks._PyTask(coro, loop=loop, **kwargs))

    def call_soon(self, callback, *args, context=None):
        task = getattr(callback, "__self__", None)
        if not isinstance(task, asyncio.tasks._PyTask):
            return super().call_soon(callback, *args, context=context)

        def step(*args):
            name = task.get_name()
            self.steps[name] = self.steps.get(name, 0) + 1
            self.cancel_if("before", name)
            callback(*args)
            self.cancel_if("after", name)

        return super().call_soon(step, *args, context=context)

    def cancel_if(self, where, name):
        if (where, name, self.steps[name]) == self.plan[1:]:
            for task in self.made:
                if task is not None and task.get_name() == self.plan[0]:
                    task.cancel()


def run_ported(source, which, path, where, step_of, step):
    """How it ends, as `explore()` would see it."""
    loop = CancellingLoop(path, where, step_of, step)
    asyncio.set_event_loop(loop)
    try:
        main = loop.create_task(PROGRAMS[source][which](), name="main")
        main.add_done_callback(lambda _: loop.stop())
        try:
            loop.run_forever()
            loop.run_until_complete(asyncio.gather(*(task for task in loop.made if not task.done()), return_exceptions=True))
        except Hang:
            pass
        waiting = [task.get_name() for task in loop.made if not task.done()]
        if waiting:
            return "waiting forever: " + ", ".join(waiting)
        swallowed = [] if main.cancelled() else [name for name in main.result() or [] if name == path]
        return "swallowed by: " + ", ".join(swallowed) if swallowed else "ends"
    finally:
        for task in loop.made:
            task._log_destroy_pending = False
        asyncio.set_event_loop(None)
