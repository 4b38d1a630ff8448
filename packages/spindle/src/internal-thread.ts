// For @spindle/distributed; users never import this. The build puts all of threads in here.

export * from '@spindle/thread/internal'
