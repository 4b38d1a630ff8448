import { currentThread } from '../index.ts'

export function never(): void {}

if (currentThread().name.startsWith('ThreadPoolExecutor')) await new Promise((resolve) => setTimeout(resolve, 60_000))
