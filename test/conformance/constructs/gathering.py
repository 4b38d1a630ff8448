@awaitable('gather')
def gather(env, node):
    return asyncio.gather(*[env.make(inner) for inner in node['of']],
                          return_exceptions=node.get('returnExceptions', False))
