@block('timeout')
async def timeout(env, node):
    async with asyncio.timeout(node['ms']) as scope:
        if 'name' in node:
            env.set(node['name'], scope)
        return await env.execute(node['statements'])


@action('reschedule')
def reschedule(env, node):
    scope = env.get(node['name'])
    scope.reschedule(None if node['ms'] is None else env.loop.time() + node['ms'])


@action('expired')
def expired(env, node):
    scope = env.get(node['name'])
    return [scope.expired(), scope.when()]
