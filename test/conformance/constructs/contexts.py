def context_variable(env, name):
    variables = env.__dict__.setdefault('context_variables', {})
    if name not in variables:
        variables[name] = contextvars.ContextVar(name, default='nothing')
    return variables[name]


@action('setVar')
def set_var(env, node):
    token = context_variable(env, node['variable']).set(node['value'])
    if 'token' in node:
        env.set(node['token'], token)


@action('getVar')
def get_var(env, node):
    return context_variable(env, node['variable']).get()


@action('resetVar')
def reset_var(env, node):
    context_variable(env, node['variable']).reset(env.get(node['token']))


@action('copyContext')
def copy_context(env, node):
    env.set(node['name'], contextvars.copy_context())


@action('runIn')
def run_in(env, node):
    env.get(node['context']).run(env.callback(node['actions'], node))
