import { inCoroutine, program, withTypes } from '../rule-tester.fixture.ts'
import { noSwallowedCancellation } from './no-swallowed-cancellation.ts'

function swallowed(before: string, after: string) {
  const suggestions = [{ messageId: 'addRethrow' as const, output: inCoroutine(after) }]
  return { code: inCoroutine(before), errors: [{ messageId: 'swallowed' as const, suggestions }] }
}

withTypes.run('no-swallowed-cancellation', noSwallowedCancellation, {
  valid: [
    inCoroutine('try { yield* child() } finally { console.log(1) }'),
    inCoroutine('try { yield* child() } catch (error) { rethrowIfCancelled(error); console.log(error) }'),
    inCoroutine('try { yield* child() } catch (error) { if (!(error instanceof RangeError)) throw error }'),
    inCoroutine('try { yield* child() } catch (error) { if (error instanceof CancelledError) return 1 }'),
    inCoroutine('try { yield* child() } catch (e) { if (e instanceof RangeError) return 1; else throw e }'),
    inCoroutine('try { yield* child() } catch (e) { if (e instanceof CancelledError) throw e }'),
    inCoroutine('try { yield* child() } catch (e) { if (e === 1 || !(e instanceof RangeError)) throw e }'),
    inCoroutine('const t = createTask(child()); t.cancel(); try { yield* t } catch (error) { console.log(error) }'),
    inCoroutine('try { JSON.parse("") } catch { }'), // nothing is awaited in there
    inCoroutine('try { createTask(function* () { yield* child() }()) } catch { }'),
    program('export function* numbers() { try { yield* [1, 2] } catch { } }'), // no coroutine
  ],
  invalid: [
    swallowed(
      'try { yield* child() } catch (error) { console.log(error) }',
      'try { yield* child() } catch (error) { rethrowIfCancelled(error); console.log(error) }',
    ),
    swallowed(
      'try { yield* child() } catch (e) { if (e instanceof RangeError) throw e }',
      'try { yield* child() } catch (e) { rethrowIfCancelled(e); if (e instanceof RangeError) throw e }',
    ),
    swallowed(
      'try { yield* child() } catch (e) { if (e === 1 || e instanceof RangeError) { throw e } }',
      'try { yield* child() } catch (e) { rethrowIfCancelled(e); if (e === 1 || e instanceof RangeError) { throw e } }',
    ),
    swallowed('try { yield* child() } catch {}', 'try { yield* child() } catch (error) { rethrowIfCancelled(error);}'),
    swallowed(
      'for (;;) { try { if (task.done()) yield* sleep(1) } catch (e) { break } }',
      'for (;;) { try { if (task.done()) yield* sleep(1) } catch (e) { rethrowIfCancelled(e); break } }',
    ),
  ],
})
