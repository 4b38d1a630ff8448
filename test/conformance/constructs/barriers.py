@awaitable('barrier.wait')
def barrier_wait(env, node):
    return env.get(node['name']).wait()


@awaitable('barrier.reset')
def barrier_reset(env, node):
    return env.get(node['name']).reset()


@awaitable('barrier.abort')
def barrier_abort(env, node):
    return env.get(node['name']).abort()


@action('barrierState')
def barrier_state_now(env, node):
    barrier = env.get(node['name'])
    return [barrier.parties, barrier.n_waiting, barrier.broken]
