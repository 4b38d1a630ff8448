@action('future')
def future(env, node):
    env.set(node['name'], env.loop.create_future())


@awaitable('ref')
def ref(env, node):
    return env.get(node['name'])


@awaitable('asTask')
def as_task(env, node):
    return asyncio.ensure_future(env.make(node['of']))


@action('hold')
def hold(env, node):
    env.set(node['name'], env.make(node['held']))


@action('ensureFuture')
def ensure_future(env, node):
    env.set(node['name'], asyncio.ensure_future(env.make(node['held']), loop=env.loop))


@action('setResult')
def set_result(env, node):
    env.get(node['name']).set_result(node['value'])


@action('setException')
def set_exception(env, node):
    env.get(node['name']).set_exception(make_exception(node['type'], node['message']))


@action('ask')
def ask(env, node):
    return getattr(env.get(node['name']), node['what'])()


@action('whenDone')
def when_done(env, node):
    call = env.callback(node['actions'], node)
    env.get(node['name']).add_done_callback(lambda future: call())


def message_of(node):
    return [node['message']] if 'message' in node else []


@action('cancel')
def cancel(env, node):
    return env.get(node['name']).cancel(*message_of(node))
