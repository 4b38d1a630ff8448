@awaitable('put')
def put(env, node):
    return env.get(node['name']).put(node['item'])


@awaitable('get')
def get(env, node):
    return env.get(node['name']).get()


@awaitable('join')
def join(env, node):
    return env.get(node['name']).join()


@action('putNowait')
def put_nowait(env, node):
    return env.get(node['name']).put_nowait(node['item'])


@action('getNowait')
def get_nowait(env, node):
    return env.get(node['name']).get_nowait()


@action('taskDone')
def task_done(env, node):
    return env.get(node['name']).task_done()


@action('shutdown')
def shutdown(env, node):
    return env.get(node['name']).shutdown(immediate=node.get('immediate', False))


@action('queueState')
def queue_state_now(env, node):
    queue = env.get(node['name'])
    return [queue.qsize(), queue.empty(), queue.full(), queue.maxsize]
