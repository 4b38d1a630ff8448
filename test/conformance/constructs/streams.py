class Transport:
    def __init__(self, env, name):
        self.env = env
        self.name = name

    def pause_reading(self):
        self.env.log(None, f'{self.name} is paused')

    def resume_reading(self):
        self.env.log(None, f'{self.name} is resumed')


@action('reader')
def reader(env, node):
    made = asyncio.StreamReader(limit=node['limit'], loop=env.loop)
    made.set_transport(Transport(env, node['name']))
    env.set(node['name'], made)


@action('feed')
def feed(env, node):
    env.get(node['name']).feed_data(node['text'].encode())


@action('feedEof')
def feed_eof(env, node):
    env.get(node['name']).feed_eof()


@action('readerFails')
def reader_fails(env, node):
    env.get(node['name']).set_exception(make_exception('Boom', node['message']))


@awaitable('read')
def read(env, node):
    return env.get(node['name']).read(node['count'])


@awaitable('readExactly')
def read_exactly(env, node):
    return env.get(node['name']).readexactly(node['count'])


@awaitable('readLine')
def read_line(env, node):
    return env.get(node['name']).readline()


@awaitable('readUntil')
def read_until(env, node):
    return env.get(node['name']).readuntil(tuple(text.encode() for text in node['separators']))


@action('atEof')
def at_eof(env, node):
    return env.get(node['name']).at_eof()


@tell_state(asyncio.StreamReader)
def reader_state(reader, env):
    return f'ended={env.show(reader.at_eof())} failed={env.show(reader.exception())}'
