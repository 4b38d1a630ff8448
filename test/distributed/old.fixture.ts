// The module of a worker with an old deployment, which lacks the functions of jobs.fixture.ts.

export function hello(): string {
  return 'hello'
}
