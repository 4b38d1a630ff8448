// `--import` it: every loop of the program that has no clock of its own gets one that jumps to the next timer. So what
// a program prints does not depend on the machine, and an hour of `sleep` takes no time.

import { monotonicClock, VirtualClock } from '@spindle/loop/internal'

const clock = new VirtualClock()
monotonicClock.time = () => clock.time()
// Two loops that share the clock may ask for the same moment one after the other.
monotonicClock.advanceTo = (when) => clock.advanceTo(Math.max(when, clock.time()))
