"""The interpreter in Python. Its twins are environment.ts, show.ts and spindle.ts: what is changed here is changed there."""

import asyncio
import collections.abc
import contextvars
import gc
import json
import logging
import re
import sys
import warnings

logging.disable(logging.CRITICAL)
warnings.simplefilter('ignore')
sys.unraisablehook = lambda unraisable: None


class Boom(Exception):
    """An exception that programs raise."""


class Bang(Exception):
    """Another one."""


class Unset(Exception):
    """A variable that has no value yet: the statement does nothing."""


class Returned:
    """A `return` on its way out of its body, through the blocks."""

    def __init__(self, value):
        self.value = value


CPYTHON_ONLY_REPORTS = 'was destroyed but it is pending'  # a Task nobody holds; ours are held by the loop
CONSTRUCTS = {}
STATES = []  # (class, function that tells the state of its objects)


def construct(kind, op):
    def add(function):
        CONSTRUCTS[op] = kind, function
        return function
    return add


def action(op):
    return construct('action', op)


def awaitable(op):
    return construct('awaitable', op)


def block(op):
    return construct('block', op)


def tell_state(type):
    def add(function):
        STATES.append((type, function))
        return function
    return add


class Environment:
    def __init__(self, program, loop):
        self.program = program
        self.loop = loop
        self.trace = []
        self.closed = False
        self.unseen = []
        self.variables = {}
        self.names = {}  # id -> (object, name)
        self.unnamed = 0

    def get(self, name):
        if name == 'me':
            return asyncio.current_task() or self.get('main')
        if name not in self.variables:
            raise Unset(name)
        return self.variables[name]

    def has(self, name):
        return name == 'me' or name in self.variables

    def set(self, name, value):
        self.variables.pop(name, None)
        self.variables[name] = value
        self.names[id(value)] = value, name

    def label_of(self, task):
        name = task.get_name()
        if not re.fullmatch(r'Task-\d+', name):
            return name
        if id(task) not in self.names:
            self.unnamed += 1
            self.names[id(task)] = task, f'~{self.unnamed}'
        return self.names[id(task)][1]

    def log(self, node, text):
        if self.closed:
            return
        task = asyncio.current_task(self.loop)
        who = '-' if task is None else self.label_of(task)
        self.trace.append(f'{show_number(self.loop.time())} {who} #{node["id"] if node else 0} {text}')
        self.cancel_at(len(self.trace))

    def cancel_at(self, entry):
        point = self.program.get('cancel')
        if point is None or point['at'] != entry:
            return
        main = self.get('main')
        if point['how'] == 'now':
            main.cancel('point')
        else:
            self.loop.call_soon(lambda: main.cancel('point'))

    def show(self, value):
        if isinstance(value, (bool, str)):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, (int, float)):
            return show_number(value)
        if value is None:
            return 'None'
        if isinstance(value, bytes):
            return f'b{json.dumps(value.decode())}'
        if isinstance(value, (list, tuple)):
            return f'[{", ".join(map(self.show, value))}]'
        if isinstance(value, collections.abc.Set):
            return '{' + ', '.join(sorted(map(self.show, value))) + '}'
        if isinstance(value, BaseException):
            return self.show_exception(value)
        if id(value) in self.names:
            return f'<{self.names[id(value)][1]}>'
        if isinstance(value, asyncio.Task):
            return f'<{self.label_of(value)}>'
        if asyncio.isfuture(value):
            return '<future>'
        return f'<{type(value).__name__}>'

    def show_exception(self, error):
        message, inner = str(error.args[0]) if error.args and error.args[0] is not None else '', ''
        if isinstance(error, BaseExceptionGroup):
            message, inner = error.message, f', {self.show(error.exceptions)}'
        cause = f' from {self.show(error.__cause__)}' if error.__cause__ is not None else ''
        return f'{type(error).__name__}({json.dumps(message, ensure_ascii=False)}{inner}){cause}'

    def log_states(self):
        for name, value in self.variables.items():
            state = self.state_of(value)
            if state is not None:
                self.trace.append(f'end {name}: {state}')

    def state_of(self, value):
        if asyncio.isfuture(value):
            return self.state_of_future(value)
        for type, state in STATES:
            if isinstance(value, type):
                return state(value, self)

    def state_of_future(self, future):
        requests = f' cancelling={future.cancelling()}' if isinstance(future, asyncio.Task) else ''
        if not future.done():
            return f'pending{requests}'
        if future.cancelled():
            try:
                future.result()
            except asyncio.CancelledError as error:
                return f'cancelled {self.show(error)}{requests}'
        # _exception: looking must not count as having asked for it.
        if future._exception is not None:
            return f'failed {self.show(future._exception)}{requests}'
        return f'finished {self.show(future.result())}{requests}'

    def make(self, node):
        kind, function = CONSTRUCTS[node['op']]
        if kind != 'awaitable':
            raise AssertionError(f'{node["op"]} is nothing to await')
        return function(self, node)

    async def body(self, statements, node):
        self.log(node, 'begins')
        try:
            returned = await self.execute(statements)
        except BaseException as error:
            self.log(node, f'ends ! {self.show(error)}')
            raise
        value = returned.value if returned else None
        self.log(node, f'ends {self.show(value)}')
        return value

    async def execute(self, statements):
        for node in statements:
            if node['op'] == 'return':
                return Returned(node['value'])
            returned = await self.statement(node)
            if returned is not None:
                return returned
        return None

    async def statement(self, node):
        kind, function = CONSTRUCTS[node['op']]
        if kind == 'action':
            self.act(node)
            return None
        try:
            if kind == 'awaitable':
                value = await function(self, node)
                self.log(node, f'= {self.show(value)}')
                return None
            returned = await function(self, node)
            self.log(node, 'left' if returned is None else f'returns {self.show(returned.value)}')
            return returned
        except BaseException as error:
            if not self.log_raised(node, error):
                raise

    def callback(self, actions, node):
        def call():
            self.log(node, 'called')
            for inner in actions:
                self.act(inner)
        return call

    def act(self, node):
        try:
            self.log(node, f'= {self.show(CONSTRUCTS[node["op"]][1](self, node))}')
        except BaseException as error:
            if not self.log_raised(node, error):
                raise

    def log_raised(self, node, error):
        """Logs the exception, and returns whether to ignore it."""
        if isinstance(error, Unset):
            self.log(node, f'unset {error}')
            return True
        self.log(node, f'! {self.show(error)}')
        return False

    def report(self, context):
        exception = context.get('exception')
        shown = '' if exception is None else f' {self.show(exception)}'
        if context['message'].endswith('was never retrieved'):
            self.unseen.append(f'{context["message"]}:{shown}')
        elif CPYTHON_ONLY_REPORTS not in context['message']:
            self.log(None, f'reported {context["message"]}:{shown}')


def show_number(value):
    return str(int(value)) if value == int(value) else str(value)


def run_program(program):
    loop = VirtualLoop()
    env = Environment(program, loop)
    loop.set_exception_handler(lambda loop, context: env.report(context))
    run_main(env, loop)
    env.closed = True
    env.log_states()
    # What nobody asked for is reported when it is collected: nothing may hold it any more, no local variable either.
    trace, unseen = env.trace, env.unseen
    # But the coroutines that are collected with a Task are closed, and may retrieve its exception, or not: first its report.
    for task in loop.made:
        if task is not None and task._log_traceback:
            task.__del__()
    task = None
    loop._ready.clear()
    loop._scheduled.clear()
    loop.made.clear()
    env.variables.clear()
    env.names.clear()
    gc.collect()
    loop.close()
    return trace + unseen


def run_main(env, loop):
    main = loop.create_task(env.body(env.program['main'], None), name='main')
    env.set('main', main)
    env.cancel_at(0)

    def until(name, awaited):
        env.trace.append(run(name, lambda: loop.run_until_complete(awaited()), env))

    until('main', lambda: main)
    for each in env.program.get('runs', []):
        if 'forever' in each:
            loop.call_later(each['forever'], loop.stop)
            env.trace.append(run('forever', loop.run_forever, env))
        elif 'statements' in each:
            until('run', lambda: env.body(each['statements'], None))
        elif asyncio.isfuture(env.variables.get(each['awaited'])):
            until('awaited', lambda: env.variables[each['awaited']])
    if env.program.get('closes'):
        env.trace.append(run('closed', lambda: close(loop), env))
        return
    left = loop.pending()
    if left:
        for task in left:
            task.cancel('left over')
        until('left over', lambda: ended(left))


def close(loop):
    """The end of a Runner, again and again until no Task is left."""
    asyncio.tasks.all_tasks = VirtualLoop.pending  # asyncio gives a set
    for _ in range(100):
        asyncio.runners._cancel_all_tasks(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        if not loop.pending():
            return


async def ended(tasks):
    return await asyncio.gather(*tasks, return_exceptions=True)


def run(name, program, env):
    try:
        return f'{name}: {env.show(program())}'
    except Hang:
        return f'{name} hangs'
    except BaseException as error:
        return f'{name} fails: {env.show(error)}'


def run_all(programs):
    """Takes a list of programs and gives the list of their traces, both as JSON."""
    gc.disable()  # a Task must not vanish because nobody holds it: here they are held
    loaded = json.loads(programs)
    gc.freeze()  # or the collection after each program walks over all of the programs, and over the library
    # Each as text at once: lists that are kept would be walked over as well.
    traces = [json.dumps(run_program(program), ensure_ascii=False) for program in loaded]
    return f'[{", ".join(traces)}]'
