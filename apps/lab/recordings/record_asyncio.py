"""Records what CPython's asyncio does with the Python program of a lesson, in the format of @spindle/inspect.

Run: python3 apps/lab/recordings/record_asyncio.py apps/lab/src/lessons/05-four-spinners.md

Time is virtual: the loop jumps to the next timer, so that each run gives the same recording.
"""

import asyncio
import builtins
import collections.abc
import json
import re
import sys

FILE = "lesson.py"
KINDS = ["created", "step", "suspended", "cancelling", "done", "print"]


class VirtualTimeLoop(asyncio.base_events.BaseEventLoop):
    """A loop without sockets, whose clock jumps to the next timer."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self._selector = self  # select() is all that the base class calls

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout:
            self.now += timeout
        return []

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


class Recording:
    def __init__(self, loop):
        self.loop = loop
        self.rows = []
        self.last = 0  # in µs
        self.ids = {}

    def add(self, kind, *fields):
        now = round(self.loop.now * 1e6)
        self.rows.append([now - self.last, KINDS.index(kind), *fields])
        self.last = now

    def id_of(self, task):
        return self.ids.get(task, 0)

    def current(self):
        return self.id_of(asyncio.current_task(self.loop))

    def text(self):
        lines = [{"spindle": 1, "kinds": KINDS, "clock": "virtual"}, *self.rows, {"rows": len(self.rows), "dropped": 0}]
        return "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)


class WatchedCoroutine(collections.abc.Coroutine):
    """Stands between a Task and its coroutine, and sees each step."""

    def __init__(self, coro, recording):
        self.coro = coro
        self.recording = recording
        self.awaited = None
        self.started = False
        self.__name__ = coro.__name__
        self.__qualname__ = coro.__qualname__

    def send(self, value):
        return self.step("value" if self.started else "start", self.coro.send, value)

    def throw(self, *error):
        is_cancel = isinstance(error[0], asyncio.CancelledError) or error[0] is asyncio.CancelledError
        return self.step("cancel" if is_cancel else "error", self.coro.throw, *error)

    def close(self):
        self.coro.close()

    def __await__(self):
        return self.coro.__await__()

    def step(self, by, resume, argument):
        recording = self.recording
        task = recording.current()
        recording.add("step", task, by, recording.id_of(self.awaited))
        self.started = True
        try:
            self.awaited = resume(argument)
        except StopIteration:
            recording.add("done", task, "returned", "")
            raise
        except asyncio.CancelledError:
            recording.add("done", task, "cancelled", "")
            raise
        except BaseException as error:
            recording.add("done", task, "threw", repr(error))
            raise
        positions, label = self.whereabouts()
        on = recording.id_of(self.awaited)
        recording.add("suspended", task, "" if on else label, on, positions)
        return self.awaited

    def whereabouts(self):
        positions, label, coro = [], "future", self.coro
        while coro is not None:
            frame = getattr(coro, "cr_frame", None)
            if frame is None:
                break
            if frame.f_code.co_filename == FILE:
                positions.append([frame.f_code.co_name, frame.f_lineno])
            elif frame.f_code.co_name == "sleep":
                label = f"sleep({frame.f_locals['delay'] * 1000:g})"
            coro = coro.cr_await
        return positions, label


def line_of_program():
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != FILE:
        frame = frame.f_back
    return 0 if frame is None else frame.f_lineno


def record(program):
    """Runs the source of a program, and returns its recording."""
    loop = VirtualTimeLoop()
    recording = Recording(loop)

    class RecordedTask(asyncio.Task):
        def cancel(self, msg=None):
            by, task = recording.current(), recording.id_of(self)
            recording.add("cancelling", task, by, "task", 0, msg or "", self.cancelling() + 1, line_of_program(), "", 0)
            return super().cancel(msg)

    def make_task(loop, coro, **options):
        task = RecordedTask(WatchedCoroutine(coro, recording), loop=loop, **options)
        parent = recording.current()
        recording.ids[task] = len(recording.ids) + 1
        recording.add("created", recording.id_of(task), parent, coro.__name__, line_of_program())
        return task

    def run(main):
        loop.set_task_factory(make_task)
        loop.run_until_complete(main)

    def print_row(*values):
        recording.add("print", recording.current(), " ".join(str(value) for value in values), "out")

    asyncio.run, real_run = run, asyncio.run
    try:
        exec(compile(program, FILE, "exec"), {"__name__": "__main__", "__builtins__": {**vars(builtins), "print": print_row}})
    finally:
        asyncio.run = real_run
        loop.close()
    return recording.text()


def program_of(lesson):
    """The Python program of a lesson."""
    return re.search(r"^```python\n(.*?)^```$", lesson, re.M | re.S).group(1)


if __name__ == "__main__" and len(sys.argv) > 1:
    with open(sys.argv[1], encoding="utf-8") as lesson:
        print(record(program_of(lesson.read())), end="")
