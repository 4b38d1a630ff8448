"""What CPython 3.15 does wrong and Spindle does right, put right here, so that all the rest can be compared. README.md lists them.

Each stands under the number of the issue at github.com/python/cpython that reports it.
"""

import asyncio.base_events
import asyncio.streams
import asyncio.taskgroups
import asyncio.tasks
import asyncio.timeouts
import types

# gh-134471: a cancel() that is still on its way when the block of a timeout is entered is taken for an earlier one, and swallowed.
_enter = asyncio.timeouts.Timeout.__aenter__


async def _timeout_enter(self):
    await _enter(self)
    self._cancelling -= self._task._must_cancel
    return self

asyncio.timeouts.Timeout.__aenter__ = _timeout_enter

# gh-156321: an exception under shield() is logged although somebody catches it later.
asyncio.tasks._log_on_exception = lambda future: None

# The run of a Future that is over stops the next run of the loop, if it was ended in the iteration in which the Future was done.
# gh-22429 mended only that the Future itself raises a KeyboardInterrupt, and the run of a Future that has raised one hangs since.
# And what ended the run is reported again.
_run_until_complete = VirtualLoop.run_until_complete


def _stop_own_run(future):
    if future.get_loop().awaited is future:
        if not future.cancelled():
            future.exception()
        future.get_loop().stop()


def _run_until_own_complete(self, future):
    self.awaited = future = asyncio.ensure_future(future, loop=self)
    try:
        return _run_until_complete(self, future)
    except BaseException as error:
        if future.done() and not future.cancelled() and future._exception is error:
            future.exception()
        raise
    finally:
        self.awaited = None

asyncio.base_events._run_until_complete_cb = _stop_own_run
VirtualLoop.run_until_complete = _run_until_own_complete

# Data that has come before an error, or after it, can be read: the error is raised by the read that finds too little.
_feed_data = asyncio.StreamReader.feed_data
_feed_eof = asyncio.StreamReader.feed_eof
_read = asyncio.StreamReader.read


def _set_exception(self, error):
    self.error, self.ended, self._eof = error, self._eof or getattr(self, 'ended', False), False
    self._wakeup_waiter()


def _feed_data_unless_ended(self, data):
    assert not getattr(self, 'ended', False), 'feed_data after feed_eof'
    _feed_data(self, data)


def _feed_eof_or_end(self):
    if self.exception() is None:
        return _feed_eof(self)
    self.ended = True
    self._wakeup_waiter()


# A reader that was woken, and has to wait again, forgets another one that waits meanwhile, which hangs. And one that was
# cancelled counts as waiting until its Task has run.
async def _wait_unless_failed(self, caller):
    if self.exception() is not None:
        raise self.exception()
    if self._waiter is not None and not self._waiter.done():
        raise RuntimeError(f'{caller}() called while another coroutine is already waiting for incoming data')
    if self._paused:
        self._paused = False
        self._transport.resume_reading()
    self._waiter = waiter = self._loop.create_future()
    try:
        await waiter
    finally:
        if self._waiter is waiter:
            self._waiter = None


# What read() to the end has read is not lost if it does not come to the end.
async def _read_all(self, n=-1):
    if n >= 0:
        while n > 0 and not self._buffer and not self._eof:  # once only: if another reader takes the data, it returns b''
            await self._wait_for_data('read')
        return await _read(self, n)
    blocks = []
    try:
        while block := await self.read(self._limit):
            blocks.append(block)
    except BaseException:
        self._buffer[0:0] = b''.join(blocks)
        raise
    return b''.join(blocks)

asyncio.StreamReader.set_exception = _set_exception
asyncio.StreamReader.exception = lambda self: getattr(self, 'error', None)
asyncio.StreamReader.feed_data = _feed_data_unless_ended
asyncio.StreamReader.feed_eof = _feed_eof_or_end
asyncio.StreamReader.at_eof = lambda self: (self._eof or getattr(self, 'ended', False)) and not self._buffer
asyncio.StreamReader._wait_for_data = _wait_unless_failed
asyncio.StreamReader.read = _read_all

# gh-157301: an eager Task that cannot enter its context stays the current Task for ever.
_loop_create_task = VirtualLoop.create_task


def _restoring_create_task(self, coro, **kwargs):
    before = asyncio.current_task(self)
    try:
        return _loop_create_task(self, coro, **kwargs)
    except RuntimeError:
        stuck = asyncio.tasks._swap_current_task(self, before)
        if stuck is not before:
            asyncio.tasks._unregister_eager_task(stuck)
        raise

VirtualLoop.create_task = _restoring_create_task

# gh-155418: a Task that cancels its own group in its eager first step is itself never cancelled.
_create_task = asyncio.TaskGroup.create_task


def _group_create_task(self, coro, **kwargs):
    task = _create_task(self, coro, **kwargs)
    if self._aborting and not task.done():
        task.cancel()
    return task

asyncio.TaskGroup.create_task = _group_create_task


_group_enter = asyncio.TaskGroup.__aenter__
_group_exit = asyncio.TaskGroup._aexit
_group_cancel = asyncio.TaskGroup.cancel

# A Task that was cancelled before it entered a group is not cancelled by the group's own cancel() at the end.
# The requests are counted from the entry on, less those that were taken back before the cancel().
async def _counting_enter(self):
    task = asyncio.current_task()
    self._counted = task.cancelling() - task._must_cancel
    return await _group_enter(self)

def _counting_cancel(self):
    if self._entered and not self._aborting and self._parent_task:
        self._counted = min(self._counted, self._parent_task.cancelling())
    _group_cancel(self)

# gh-155433: a cancellation from outside is swallowed that comes while a cancelled group waits for its Tasks.
@types.coroutine
def _group_exit_repaired(self, et, exc):
    task = self._parent_task
    last = None
    exiting = _group_exit(self, et, exc)
    step, argument = exiting.send, None
    try:
        while True:
            future = step(argument)
            try:
                step, argument = exiting.send, (yield future)
            except asyncio.CancelledError as error:
                step, argument, last = exiting.throw, error, error
    except StopIteration as stop:
        if self._parent_cancel_requested and task._must_cancel and task.cancelling() <= self._counted:
            try:
                yield  # the group's own request, which nothing has delivered
            except asyncio.CancelledError:
                return stop.value
        if not self._parent_cancel_requested or last is None or task.cancelling() <= self._counted:
            return stop.value
    except asyncio.CancelledError:
        if not self._parent_cancel_requested or task.cancelling() > self._counted:
            raise
        return True
    raise last

asyncio.TaskGroup.__aenter__ = _counting_enter
asyncio.TaskGroup.cancel = _counting_cancel
asyncio.TaskGroup._aexit = _group_exit_repaired
