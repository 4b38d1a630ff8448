EXCEPTIONS = {
    'Boom': Boom,
    'Bang': Bang,
    'CancelledError': asyncio.CancelledError,
    'TimeoutError': TimeoutError,
    'RuntimeError': RuntimeError,
    'InvalidStateError': asyncio.InvalidStateError,
    'Exception': Exception,
    'BaseException': BaseException,
}


def make_exception(name, message):
    return EXCEPTIONS[name](message) if message else EXCEPTIONS[name]()


@action('note')
def note(env, node):
    return node['value']


@action('raise')
def raise_(env, node):
    raise make_exception(node['type'], node['message'])


@awaitable('body')
def body(env, node):
    return env.body(node['statements'], node)


@block('attempt')
async def attempt(env, node):
    caught, lastly = node.get('caught'), node.get('lastly')
    try:
        return await env.execute(node['statements'])
    except BaseException as error:
        if caught is None or not isinstance(error, EXCEPTIONS[caught['type']]):
            raise
        returned = await env.execute(caught['statements'])
        if caught.get('again') and returned is None:
            raise
        return returned
    finally:
        if lastly is not None:
            await env.execute(lastly)


@block('repeat')
async def repeat(env, node):
    for _ in range(node['times']):
        returned = await env.execute(node['statements'])
        if returned is not None:
            return returned
