@action('make')
def make(env, node):
    env.set(node['name'], getattr(asyncio, node['type'])(*([node['value']] if 'value' in node else [])))


@action('conditionOn')
def condition_on(env, node):
    env.set(node['name'], asyncio.Condition(env.get(node['lock'])))


@tell_state(asyncio.Lock)
def lock_state(lock, env):
    return f'locked={env.show(lock.locked())}'


@tell_state(asyncio.Event)
def event_state(event, env):
    return f'set={env.show(event.is_set())}'


@tell_state(asyncio.Condition)
def condition_state(condition, env):
    return f'locked={env.show(condition.locked())}'


@tell_state(asyncio.Semaphore)
def semaphore_state(semaphore, env):
    return f'locked={env.show(semaphore.locked())}'


@tell_state(asyncio.Barrier)
def barrier_state(barrier, env):
    return f'waiting={barrier.n_waiting} broken={env.show(barrier.broken)}'


@tell_state(asyncio.Queue)
def queue_state(queue, env):
    return f'size={queue.qsize()} full={env.show(queue.full())}'
