@action('spawn')
def spawn(env, node):
    options = {'name': node['name']}
    if 'eager' in node:
        options['eager_start'] = node['eager']
    if 'context' in node:
        options['context'] = env.get(node['context'])
    env.set(node['name'], asyncio.create_task(env.body(node['statements'], node), **options))


@action('uncancel')
def uncancel(env, node):
    task = env.get(node['name'])
    return task.uncancel() if isinstance(task, asyncio.Task) else 'no Task'


@action('cancelling')
def cancelling(env, node):
    task = env.get(node['name'])
    return task.cancelling() if isinstance(task, asyncio.Task) else 'no Task'


@action('setName')
def set_name(env, node):
    task = env.get(node['name'])
    return task.set_name(node['to']) if isinstance(task, asyncio.Task) else 'no Task'


@action('eagerTasks')
def eager_tasks(env, node):
    env.loop.set_task_factory(asyncio.eager_task_factory if node['on'] else None)


@action('allTasks')
def all_tasks(env, node):
    return asyncio.all_tasks(env.loop)
