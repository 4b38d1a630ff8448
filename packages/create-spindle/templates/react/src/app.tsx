import { useEffect, useState } from 'react'
import { getHostLoop, type Task } from 'spindle'
import { countDown } from './count-down.ts'

export function App() {
  const [left, setLeft] = useState(10)
  const [task, setTask] = useState<Task<void>>()
  // Another Task, or the end of the component, cancels this one.
  useEffect(() => () => void task?.cancel(), [task])
  return (
    <main>
      <h1>{left}</h1>
      <button type="button" onClick={() => setTask(getHostLoop().createTask(countDown(10, setLeft)))}>
        Start
      </button>
      <button type="button" onClick={() => task?.cancel()}>
        Stop
      </button>
    </main>
  )
}
