"""An event loop of asyncio whose time jumps to the next timer. Its unit is the millisecond: asyncio does not care."""

import asyncio
import heapq
from asyncio import base_events, events


class Hang(Exception):
    """Nothing is ready and no timer is set: the program would wait forever."""


class Timer(events.TimerHandle):
    """Timers with equal deadlines fire in the order they were set. asyncio's heap leaves their order open."""

    count = 0

    def __init__(self, *args):
        super().__init__(*args)
        Timer.count += 1
        self.number = Timer.count

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class Selector:
    """Waits by advancing the clock."""

    def __init__(self):
        self.now = 0

    def select(self, timeout):
        if timeout is None:
            raise Hang
        self.now += timeout
        return []


class VirtualLoop(base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = Selector()
        self._clock_resolution = 1e-6  # a timer is due when its time is less than this ahead
        self.made = []  # the Tasks, in the order of making; asyncio itself keeps a set

    def time(self):
        return self._selector.now

    def call_at(self, when, callback, *args, context=None):
        self._check_closed()
        timer = Timer(when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def create_task(self, coro, **kwargs):
        place = len(self.made)
        self.made.append(None)  # an eager Task makes others before it is here itself
        task = super().create_task(coro, **kwargs)
        self.made[place] = task
        return task

    def pending(self):
        return [task for task in self.made if task is not None and not task.done()]

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass
