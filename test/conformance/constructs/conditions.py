@awaitable('conditionWait')
def condition_wait(env, node):
    return env.get(node['name']).wait()


@awaitable('conditionWaitFor')
def condition_wait_for(env, node):
    looks = 0

    def predicate():
        nonlocal looks
        env.log(node, 'looks')
        looks += 1
        return looks > node['looks'] and 'true at last'

    return env.get(node['name']).wait_for(predicate)


@action('notify')
def notify(env, node):
    condition = env.get(node['name'])
    return condition.notify(node['count']) if 'count' in node else condition.notify_all()


@block('within')
async def within(env, node):
    async with env.get(node['name']):
        env.log(node, 'holds')
        return await env.execute(node['statements'])
