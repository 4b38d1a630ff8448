class Custom:
    def __init__(self, awaited, value):
        self.awaited = awaited
        self.value = value

    def __await__(self):
        for awaited in self.awaited:
            yield from awaited.__await__()
        return self.value


class BadYield:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        return (yield asyncio.get_running_loop().create_future() if self.value is None else self.value)


@awaitable('custom')
def custom(env, node):
    return Custom([env.make(inner) for inner in node['of']], node['value'])


@awaitable('badYield')
def bad_yield(env, node):
    return BadYield(node['value'])


@awaitable('awaitMe')
def await_me(env, node):
    return env.get('me')


@block('raiseFrom')
async def raise_from(env, node):
    try:
        return await env.execute(node['statements'])
    except BaseException as cause:
        raise make_exception(node['type'], node['message']) from cause


def group_of(tree):
    message = tree['message']
    return BaseExceptionGroup(message, [
        make_exception(each, message) if isinstance(each, str) else group_of(each) for each in tree['of']])


@action('raiseGroup')
def raise_group(env, node):
    raise group_of(node['tree'])


@block('split')
async def split(env, node):
    try:
        return await env.execute(node['statements'])
    except BaseExceptionGroup as group:
        ours, rest = group.split(EXCEPTIONS[node['type']])
        env.log(node, f'split {env.show([ours, rest])}')
        if rest is not None:
            raise rest
