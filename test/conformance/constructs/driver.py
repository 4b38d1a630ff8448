@action('stop')
def stop(env, node):
    env.loop.stop()


@action('interrupt')
def interrupt(env, node):
    raise KeyboardInterrupt(node['message'])
