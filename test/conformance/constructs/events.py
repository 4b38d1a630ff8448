@awaitable('eventWait')
def event_wait(env, node):
    return env.get(node['name']).wait()


@action('eventSet')
def event_set(env, node):
    event = env.get(node['name'])
    return event.set() if node['to'] else event.clear()
