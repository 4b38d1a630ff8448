# What CPython's own modules export: for each name its kind, and for each class its public methods, properties and attributes.

import dis
import importlib
import inspect
import json
import types

MODULES = ('asyncio', 'contextvars', 'concurrent.futures', 'threading', 'queue')
THEIRS = ('asyncio', '_asyncio', 'contextvars', '_contextvars', 'concurrent.futures', 'threading', '_thread', 'queue', '_queue')
# What CPython exports on other platforms than WebAssembly, which has no interpreters in threads.
ELSEWHERE = {'concurrent.futures': ['InterpreterPoolExecutor']}


def members(cls):
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith(THEIRS):
            found.update((name, None) for name in vars(base) if not name.startswith('_'))
            found.update((name, None) for name in set_by_init(base))
    return [name for name in found if not name.startswith('_')]


def set_by_init(cls):
    init = vars(cls).get('__init__')
    if not isinstance(init, types.FunctionType):
        return []
    return [step.argval for step in dis.get_instructions(init) if step.opname == 'STORE_ATTR']


def api(module_name):
    module = importlib.import_module(module_name)
    entries = []
    for name in sorted(module.__all__, key=lambda name: (name.lower(), name)):
        value = getattr(module, name)
        entries.append({'name': name, 'members': members(value) if inspect.isclass(value) else []})
    known = {entry['name'] for entry in entries}
    entries += [{'name': name, 'members': []} for name in ELSEWHERE.get(module_name, []) if name not in known]
    return entries


json.dumps([{'module': name, 'entries': api(name)} for name in MODULES])
