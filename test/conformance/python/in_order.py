"""Where CPython walks over a set, in the order of hashes, ours takes the order of insertion: so does the reference from here on."""

import asyncio.queues
import asyncio.taskgroups
import asyncio.tasks
import collections.abc


class InOrder(collections.abc.MutableSet):
    def __init__(self, items=()):
        self.items = dict.fromkeys(items)

    def __contains__(self, item):
        return item in self.items

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)

    def add(self, item):
        self.items[item] = None

    def discard(self, item):
        self.items.pop(item, None)


# A global of the module goes before the builtin: TaskGroup's Tasks, what wait() is given and what it gives.
asyncio.taskgroups.set = InOrder
asyncio.tasks.set = InOrder


# as_completed() has a set comprehension.
def _as_completed(self, awaitables, timeout):
    loop = asyncio.get_event_loop()
    self._done = asyncio.queues.Queue()
    self._todo = InOrder(asyncio.ensure_future(awaitable, loop=loop) for awaitable in InOrder(awaitables))
    self._todo_left = len(self._todo)
    for future in self._todo:
        future.add_done_callback(self._handle_completion)
    waits = self._todo and timeout is not None
    self._timeout_handle = loop.call_later(timeout, self._handle_timeout) if waits else None

asyncio.tasks._AsCompletedIterator.__init__ = _as_completed
