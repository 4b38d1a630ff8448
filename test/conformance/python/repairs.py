"""What CPython 3.14 does wrong and Spindle does right, put right here, so that all the rest can be compared. docs/reference/differences.md lists them.

Each stands under the number of the issue at github.com/python/cpython that reports it.
"""

import asyncio.taskgroups
import asyncio.tasks
import asyncio.timeouts

# gh-134471: a cancel() that is still on its way when the block of a timeout is entered is taken for an earlier one, and swallowed.
_enter = asyncio.timeouts.Timeout.__aenter__


async def _timeout_enter(self):
    await _enter(self)
    self._cancelling -= self._task._must_cancel
    return self

asyncio.timeouts.Timeout.__aenter__ = _timeout_enter

# gh-156321: an exception under shield() is logged although somebody catches it later.
asyncio.tasks._log_on_exception = lambda future: None

# gh-155418: a Task that cancels its own group in its eager first step is itself never cancelled.
_create_task = asyncio.TaskGroup.create_task


def _group_create_task(self, coro, **kwargs):
    task = _create_task(self, coro, **kwargs)
    if self._aborting and not task.done():
        task.cancel()
    return task

asyncio.TaskGroup.create_task = _group_create_task
