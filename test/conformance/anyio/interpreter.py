"""Runs programs on AnyIO, as scopes.ts does on Spindle: each change is made in both."""

import anyio._backends._asyncio


def name_of(error):
    if isinstance(error, BaseExceptionGroup):
        return f"Group({', '.join(sorted(name_of(one) for one in error.exceptions))})"
    return type(error).__name__


class Scopes:
    def __init__(self, loop):
        self.loop, self.trace, self.limiter = loop, [], anyio.CapacityLimiter(2)

    def log(self, who, text):
        self.trace.append(f'{who} {int(self.loop.time())} {text}')

    async def task(self, who, nodes, group=None, *, task_status=anyio.TASK_STATUS_IGNORED):
        self.log(who, 'begins')
        try:
            await self.block(who, nodes, group, task_status.started)
            self.log(who, 'ends')
        except BaseException as error:
            self.log(who, f'ends ! {name_of(error)}')
            raise

    async def block(self, who, nodes, group, started):
        for node in nodes:
            try:
                value = await self.step(who, node, group, started)
                self.log(who, f"#{node['id']} {node['op']} {value}")
            except BaseException as error:
                self.log(who, f"#{node['id']} {node['op']} ! {name_of(error)}")
                raise

    async def step(self, who, node, group, started):
        child = f"{who}.{node['id']}"
        ms, body = node.get('ms'), node.get('body')
        match node['op']:
            case 'sleep':
                await anyio.sleep(ms)
            case 'fail':
                raise Boom
            case 'moveOnAfter':
                with anyio.move_on_after(ms) as scope:
                    await self.block(who, body, group, started)
                return 'late' if scope.cancel_called else 'in time'
            case 'uncancellable':
                with anyio._backends._asyncio.CancelScope(shield=True):
                    await self.block(who, body, group, started)
            case 'cleanUp':
                try:
                    await self.block(who, body, group, started)
                finally:
                    with anyio._backends._asyncio.CancelScope(shield=True):
                        await anyio.sleep(ms)
                        self.log(who, 'cleaned up')
            case 'group':
                async with anyio.create_task_group() as inner:
                    await self.block(who, body, inner, started)
            case 'spawn':
                group.start_soon(self.task, child, body, group)
            case 'start':
                return await group.start(self.task, child, body, group)
            case 'started':
                started(node['id'])
            case 'cancel':
                group.cancel_scope.cancel()
            case 'limit':
                async with self.limiter:
                    await self.block(who, body, group, started)
            case 'race':
                return await self.race(child, node['bodies'])
        return 'done'

    async def race(self, who, bodies):
        """The first to end decides, and the others are cancelled: AnyIO has no function for it."""
        outcomes, decided, is_cancelled = [], anyio.Event(), False

        async def contestant(index, body):
            try:
                await self.task(f'{who}.{index}', body)
                outcomes.append((index, None))
            except Exception as error:
                if not is_cancelled:  # otherwise it is dropped
                    outcomes.append((index, error))
            decided.set()

        try:
            async with anyio.create_task_group() as group:
                for index, body in enumerate(bodies):
                    group.start_soon(contestant, index, body)
                try:
                    await decided.wait()
                except anyio.get_cancelled_exc_class():
                    is_cancelled = True
                    raise
                group.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            if not outcomes:  # what has won meanwhile is not lost
                raise
        index, error = outcomes[0]
        if error is not None:
            raise error
        return index


def run_scopes(programs):
    traces = []
    for program in json.loads(programs):
        loop = VirtualLoop()
        scopes = Scopes(loop)
        try:
            loop.run_until_complete(scopes.task('main', program))
        except Hang:
            scopes.trace.append('main hangs')
        except BaseException:
            pass
        traces.append(scopes.trace)
    return json.dumps(traces)


# In asyncio a cancellation from outside reaches the Tasks of a group when the Task that has the group leaves its block.
_deliver = anyio._backends._asyncio.CancelScope._deliver_cancellation


def _deliver_to_host(scope, origin):
    if scope is origin:
        return _deliver(scope, origin)
    tasks, scopes = scope._tasks, scope._child_scopes
    scope._tasks = {task for task in tasks if task is scope._host_task}
    scope._child_scopes = {child for child in scopes if child._host_task is scope._host_task}
    try:
        return _deliver(scope, origin)
    finally:
        scope._tasks, scope._child_scopes = tasks, scopes


anyio._backends._asyncio.CancelScope._deliver_cancellation = _deliver_to_host


def _is_cancelled(scope):
    task = asyncio.current_task() or scope._host_task
    while scope is not None:
        if scope.cancel_called:
            return True
        if scope._shield or scope._host_task is not task:
            return False
        scope = scope._parent_scope
    return False


anyio._backends._asyncio.CancelScope._effectively_cancelled = property(_is_cancelled)
