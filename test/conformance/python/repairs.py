"""What CPython 3.14 does wrong and Spindle does right, put right here, so that all the rest can be compared. docs/reference/differences.md lists them.

Each stands under the number of the issue at github.com/python/cpython that reports it.
"""

import asyncio.base_events
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

# gh-155418: a Task that cancels its own group in its eager first step is itself never cancelled.
_create_task = asyncio.TaskGroup.create_task


def _group_create_task(self, coro, **kwargs):
    task = _create_task(self, coro, **kwargs)
    if self._aborting and not task.done():
        task.cancel()
    return task

asyncio.TaskGroup.create_task = _group_create_task


# Of 3.15, which has TaskGroup.cancel().
if hasattr(asyncio.TaskGroup, 'cancel'):
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
