@action('callSoon')
def call_soon(env, node):
    handle = env.loop.call_soon(env.callback(node['actions'], node))
    if 'name' in node:
        env.set(node['name'], handle)


@action('callLater')
def call_later(env, node):
    handle = env.loop.call_later(node['ms'], env.callback(node['actions'], node))
    if 'name' in node:
        env.set(node['name'], handle)


@action('callAt')
def call_at(env, node):
    handle = env.loop.call_at(node['when'], env.callback(node['actions'], node))
    if 'name' in node:
        env.set(node['name'], handle)


@action('cancelHandle')
def cancel_handle(env, node):
    env.get(node['name']).cancel()
