// The tests of CPython that none of our tests names, in the notation of test/cpython-3.14-tests.txt: `test_` left off,
// `*` for all that are left of a class.

/** They do not apply. */
export const DOES_NOT_APPLY: readonly { readonly why: string; readonly tests: readonly string[] }[] = [
  {
    why: 'Reference counting and its cycles. What our collector must be able to take is tested in `test/loop/collected.test.ts` and `test/task/collected.test.ts`.',
    tests: [
      'test_tasks.BaseTaskTests: proper_refcounts',
      'test_tasks.BaseTaskIntrospectionTests: register_task_resurrection',
      'test_futures.BaseFutureTests: future_cancelled_result_refcycles future_cancelled_exception_refcycles',
      // The Task is collected, and its exception reported, inside of the step it ends in.
      'test_futures2.FutureTests: task_exc_handler_correct_context',
      'test_taskgroups.BaseTestTaskGroup: exception_refcycles_parent_task_wr exception_refcycles_propagate_cancellation_error exception_refcycles_base_error',
      'test_taskgroups.TestTaskGroup: *',
      'test_taskgroups.TestEagerTaskTaskGroup: *',
    ],
  },
  {
    why: 'The implementation in C, its memory, and the same tests once more for its classes.',
    tests: [
      'test_tasks.CTask_CFuture_Tests: *',
      'test_tasks.CTask_CFuture_SubclassTests: *',
      'test_tasks.CTaskSubclass_PyFuture_Tests: *',
      'test_tasks.CTask_PyFuture_Tests: *',
      'test_tasks.CTask_Future_Tests: *',
      'test_tasks.GenericTaskTests: asyncio_module_compiled',
      'test_futures.CFutureTests: *',
      'test_futures.BaseFutureTests: uninitialized',
      'test_futures.BaseFutureInheritanceTests: inherit_without_calling_super_init',
      'test_futures.BaseFutureDoneCallbackTests: evil_call_soon_list_mutation use_after_free_on_fut_callback_0_with_evil__eq__ use_after_free_on_fut_callback_0_with_evil__getattribute__ use_after_free_on_fut_context_0_with_evil__getattribute__',
      'test_eager_task_factory.CEagerTaskFactoryLoopTests: issue105987',
    ],
  },
  {
    why: 'An `__eq__` of the callback that takes callbacks away while it is asked: callbacks are compared by identity.',
    tests: ['test_futures.BaseFutureDoneCallbackTests: remove_done_callbacks_list_clear'],
  },
  {
    why: 'Generic aliases such as `Task[int]`: TypeScript has types.',
    tests: [
      'test_tasks.BaseTaskTests: generic_alias',
      'test_futures.BaseFutureTests: generic_alias',
      'test_queues.QueueBasicTests: generic_alias',
    ],
  },
  {
    why: 'Private attributes and functions of asyncio (`_cancel_message`, `_log_traceback`, `_register_task`, `_run_forever_setup`, …) that are hidden here, or not needed.',
    tests: [
      'test_tasks.BaseTaskTests: task_cancel_message_getter task_cancel_message_setter log_traceback',
      'test_tasks.BaseTaskIntrospectionTests: *',
      'test_futures.BaseFutureTests: future_cancel_message_getter future_cancel_message_setter log_traceback set_result_unless_cancelled',
      'test_base_events.BaseEventLoopTests: not_implemented custom_run_forever_integration',
    ],
  },
  {
    why: 'Arguments that Python refuses when it runs, and TypeScript when it compiles.',
    tests: [
      'test_futures.BaseFutureTests: constructor_positional',
      'test_locks.LockTests: lock_doesnt_accept_loop_parameter',
      'test_context.ContextTest: context_typerrors_1',
      'test_pep492.LockTests: context_manager_with_await',
    ],
  },
  {
    why: '`__context__`: a JavaScript exception has no link to the exception that was being handled when it was thrown.',
    tests: [
      'test_tasks.BaseTaskTests: exception_chaining_after_await exception_chaining_after_await_with_context_cycle cancellation_exception_context',
    ],
  },
  {
    why: 'A group or timeout that is entered twice, or used before: `taskGroup` and `timeout` make one for each block.',
    tests: [
      'test_taskgroups.BaseTestTaskGroup: taskgroup_already_entered taskgroup_double_enter taskgroup_not_entered',
      'test_timeouts.TimeoutTests: timeout_already_entered timeout_double_enter timeout_not_entered',
    ],
  },
  {
    why: '`StopIteration`: JavaScript generators do not end by an exception, so any exception can be set.',
    tests: ['test_futures.BaseFutureTests: stop_iteration_exception stop_iteration_subclass_exception'],
  },
  {
    why: 'Asynchronous generators: in JavaScript they belong to promises, and no loop has to close them.',
    tests: [
      'test_runners.RunTests: asyncio_run_closes_gens_after_hanging_tasks_errors',
      'test_graph.CallStackTestBase: stack_async_gen',
      'test_base_events.BaseEventLoopTests: asyncgen_finalization_by_gc asyncgen_finalization_by_gc_in_other_thread',
    ],
  },
  {
    why: 'Policies, and the loop that a `Runner` sets: `run` sets none, as inside of it the running loop is found in any case.',
    tests: [
      'test_runners.RunTests: asyncio_run_set_event_loop',
      'test_runners.RunnerTests: set_event_loop_called_once',
    ],
  },
  {
    why: 'The environment variable `PYTHONASYNCIODEBUG` and switches of the interpreter: debug mode is an option.',
    tests: [
      'test_tasks.GatherTestsBase: env_var_debug',
      'test_base_events.BaseEventLoopTests: env_var_debug',
      'test_pep492.CoroutineTests: debug_mode_manages_coroutine_origin_tracking',
    ],
  },
  {
    why: 'A Task that ended in its eager step has given its coroutine away there; here `getCoro()` still has it.',
    tests: ['test_eager_task_factory.CEagerTaskFactoryLoopTests: issue122332'],
  },
  {
    why: 'Several threads in one interpreter: each thread of JavaScript has separate variables, contexts and loops, and no access to another thread’s.',
    tests: [
      'test_base_events.BaseEventLoopTests: check_thread',
      'test_context.ContextTest: context_threads_1 context_thread_inherit',
      'test_threads.ToThreadTests: to_thread_contextvars',
    ],
  },
  {
    why: 'How CPython stores a context: its tree, the hashes and comparisons of keys and values.',
    tests: [
      'test_context.HamtTest: *',
      'test_context.ContextTest: context_new_unhashable_str_subclass context_eq_reentrant_contextvar_set context_eq_reentrant_contextvar_set_in_hash',
    ],
  },
  {
    why: 'Classes that Python closes to subclasses: JavaScript has no such mark.',
    tests: ['test_context.ContextTest: context_subclassing_1'],
  },
  {
    why: 'The `decimal` module.',
    tests: ['test_context.DecimalContextTest: *'],
  },
  {
    why: 'Sockets, transports and address look-up of the selector loop: in Node they are `node:net`, `node:dgram` and `node:dns`.',
    tests: [
      'test_base_events.BaseEventTests: *',
      'test_base_events.BaseEventLoopWithSelectorTests: *',
      'test_base_events.BaseLoopSockSendfileTests: *',
      'test_base_events.TestSelectorUtils: *',
    ],
  },
  {
    why: 'The arguments that subprocesses refuse there are refused by `node:child_process` here.',
    tests: ['test_base_events.BaseEventLoopTests: subprocess_exec_invalid_args subprocess_shell_invalid_args'],
  },
  {
    why: 'CPython’s ways to start a process: a copy of the running process (`fork`), or of a process kept for this (`forkserver`). Here a process is always new, as with `spawn`.',
    tests: [
      'test_concurrent_futures.test_init.FailingInitializerResourcesTest: forkserver',
      'test_concurrent_futures.test_thread_pool.ThreadPoolExecutorTest: hang_global_shutdown_lock',
      'test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest: max_tasks_per_child_defaults_to_spawn_context',
    ],
  },
  {
    why: 'The 61 processes that CPython can wait for on Windows.',
    tests: ['test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest: max_workers_too_large'],
  },
  {
    why: 'CPython starts no thread any more when it ends. A Node program still can, in an `exit` handler: an executor takes calls there, and `result()` waits for them (`test/thread/executors.test.ts`).',
    tests: ['test_concurrent_futures.test_shutdown.ExecutorShutdownTest: submit_after_interpreter_shutdown'],
  },
]
