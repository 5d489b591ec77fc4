"""The clock and the threads of this machine, for commands."""

from callcrm.base.clock import Clock, SystemClock
from callcrm.base.threads import SystemThreads, Threads

clock: Clock = SystemClock()
threads: Threads = SystemThreads()
