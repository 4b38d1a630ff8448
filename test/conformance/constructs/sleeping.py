@awaitable('sleep')
def sleep(env, node):
    return asyncio.sleep(node['ms'], node.get('result'))
