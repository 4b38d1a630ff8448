@awaitable('wait')
def wait(env, node):
    return asyncio.wait([env.make(inner) for inner in node['of']],
                        timeout=node.get('timeout'), return_when=node.get('returnWhen', asyncio.ALL_COMPLETED))


@awaitable('waitFor')
def wait_for(env, node):
    return asyncio.wait_for(env.make(node['of']), node['ms'])


@awaitable('shield')
def shield(env, node):
    return asyncio.shield(env.make(node['of']))


@block('asCompleted')
async def as_completed(env, node):
    completed = asyncio.as_completed([env.make(inner) for inner in node['of']], timeout=node.get('timeout'))

    async def each(following):
        returned = True
        try:
            # `for` has an awaitable, and awaits it in its block; `async for` has the Future.
            shown = f'next {env.show(following)}' if node['tasks'] else f'next gives {env.show(await following)}'
            env.log(node, shown)
            returned = await env.execute(node['statements'])
        finally:
            # A block that ends early would keep a loop that hangs alive until then.
            if returned is not None and completed._timeout_handle is not None:
                completed._timeout_handle.cancel()
        return returned

    if node['tasks']:
        async for future in completed:
            if (returned := await each(future)) is not None:
                return returned
        return None
    for following in completed:
        if (returned := await each(following)) is not None:
            return returned
