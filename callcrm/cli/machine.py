"""The machine that commands run on: its time and its threads."""

from callcrm.base.clock import Clock, SystemClock
from callcrm.base.threads import SystemThreads, Threads

clock: Clock = SystemClock()
threads: Threads = SystemThreads()
