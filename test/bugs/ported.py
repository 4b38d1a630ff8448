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


class OvertakenSemaphore:
    """gh-90155"""

    def __init__(self):
        self.value = 1
        self.waiters = []

    async def acquire(self):
        while self.value == 0:
            waiter = asyncio.get_running_loop().create_future()
            self.waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                waiter.cancel()
                if self.value > 0 and not waiter.cancelled():
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


async def wait_for_dropping(coroutine, limit):
    """bpo-37658"""
    inner = asyncio.create_task(coroutine, name="inner")
    waiter = asyncio.get_running_loop().create_future()

    def end(*_):
        if not waiter.done():
            waiter.set_result(None)

    timer = asyncio.get_running_loop().call_later(limit, end)
    inner.add_done_callback(end)
    try:
        await waiter
    except asyncio.CancelledError:
        inner.cancel()
        raise
    finally:
        timer.cancel()
    if inner.done():
        return inner.result()
    inner.cancel()
    raise TimeoutError


async def workers(lock, arrivals, hold, log):
    async def worker(name, arrives):
        if arrives > 0:
            await asyncio.sleep(arrives)
        await lock.acquire()
        log.append(name)
        try:
            await asyncio.sleep(hold)
        finally:
            lock.release()

    names = {f"w{n + 1}": arrives for n, arrives in enumerate(arrivals)}
    tasks = [asyncio.create_task(worker(name, arrives), name=name) for name, arrives in names.items()]
    for task in tasks:
        await task


async def in_order(lock):
    log = []
    await workers(lock, [0, 5, 25], 20, log)
    if log != ["w1", "w2", "w3"]:
        raise Exception(f"served in the order {','.join(log)}")


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


async def deliver(get):
    queue = asyncio.Queue()
    received = []
    sent = 0

    async def consumer():
        while True:
            received.append(await get(queue))

    consuming = asyncio.create_task(consumer(), name="consumer")
    try:
        while sent < 2:
            await asyncio.sleep(10)
            sent += 1
            queue.put_nowait(sent)
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        pass
    consuming.cancel()
    try:
        await consuming
    except asyncio.CancelledError:
        pass
    await asyncio.sleep(1)
    if len(received) + queue.qsize() != sent:
        raise Exception(f"{sent} were sent, {len(received)} received, {queue.qsize()} are left")


PROGRAMS = {
    "bpo-27585": (
        lambda: workers(BrokenLock(), [0, 0, 0], 10, []),
        lambda: workers(asyncio.Lock(), [0, 0, 0], 10, []),
    ),
    "gh-90155, CPython 3.9": (lambda: in_order(OvertakenSemaphore()), lambda: in_order(asyncio.Semaphore(1))),
    "gh-90155, CPython 3.10.5": (
        lambda: workers(BrokenSemaphore(), [0, 0, 15], 10, []),
        lambda: workers(asyncio.Semaphore(1), [0, 0, 15], 10, []),
    ),
    "gh-112202, CPython 3.12": (lambda: one_item(BrokenCondition()), lambda: one_item(asyncio.Condition())),
    "bpo-32841": (lambda: reacquiring(SwallowingCondition()), lambda: reacquiring(asyncio.Condition())),
    "bpo-37658": (
        lambda: deliver(lambda queue: wait_for_dropping(queue.get(), 50)),
        lambda: deliver(lambda queue: asyncio.wait_for(queue.get(), 50)),
    ),
    "python/asyncio#269": (lambda: passing(BrokenQueue()), lambda: passing(asyncio.Queue())),
}


class LateSelector(Selector):
    """Wakes up late, once."""

    def __init__(self, ms, at):
        super().__init__()
        self.ms = ms
        self.at = at

    def select(self, timeout):
        before = self.now
        super().select(timeout)
        if before < self.at <= self.now:
            self.now += self.ms
        return []


class DisturbedLoop(VirtualLoop):
    """Cancels a Task when one step of one Task is about to come, or has just been; or wakes up late, once."""

    def __init__(self, cancel=None, late=None):
        super().__init__()
        self.path, *self.moment = cancel or [None]
        if late is not None:
            self._selector = LateSelector(*late)
        self.steps = {}
        # A Task in C does not reveal which step comes next. With Tasks in Python, C does not know the current one.
        asyncio.tasks.current_task = asyncio.tasks._py_current_task
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
        if [where, name, self.steps[name]] == self.moment:
            for task in self.made:
                if task is not None and task.get_name() == self.path:
                    task.cancel()


def run_ported(source, which, **plan):
    """How the program ends, as `explore()` would report it."""
    loop = DisturbedLoop(**plan)
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
        if main.cancelled():
            return "ends"
        if main.exception() is not None:
            return f"throws: {main.exception()}"
        return f"swallowed by: {loop.path}" if loop.path in (main.result() or []) else "ends"
    finally:
        for task in loop.made:
            task._log_destroy_pending = False
        asyncio.set_event_loop(None)
