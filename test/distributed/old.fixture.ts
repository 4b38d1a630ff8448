// What a worker has that was not deployed again yet: it misses the functions of jobs.fixture.ts.

export function hello(): string {
  return 'hello'
}
