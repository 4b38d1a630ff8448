@awaitable('acquire')
def acquire(env, node):
    return env.get(node['name']).acquire()


@action('release')
def release(env, node):
    return env.get(node['name']).release()


@action('locked')
def locked(env, node):
    return env.get(node['name']).locked()


@block('holding')
async def holding(env, node):
    async with env.get(node['name']):
        env.log(node, 'holds')
        return await env.execute(node['statements'])
