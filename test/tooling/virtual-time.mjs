// With `--import` of this file, every loop of the program without a clock of its own uses one that jumps to the next
// timer. The output of a program then does not depend on the machine, and an hour of `sleep` takes no time.

import { monotonicClock, VirtualClock } from 'spindle/internal'

const clock = new VirtualClock()
monotonicClock.time = () => clock.time()
// Two loops that share the clock may request the same moment one after the other.
monotonicClock.advanceTo = (when) => clock.advanceTo(Math.max(when, clock.time()))
