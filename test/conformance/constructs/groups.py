@block('taskGroup')
async def task_group(env, node):
    async with asyncio.TaskGroup() as group:
        env.set(node['name'], group)
        return await env.execute(node['statements'])


@action('groupSpawn')
def group_spawn(env, node):
    options = {'name': node['name']}
    if 'eager' in node:
        options['eager_start'] = node['eager']
    if 'context' in node:
        options['context'] = env.get(node['context'])
    env.set(node['name'], env.get(node['group']).create_task(env.body(node['statements'], node), **options))


@action('groupCancel')
def group_cancel(env, node):
    env.get(node['group']).cancel()
