"""The threads and queues of a store on PostgreSQL."""

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.store.postgres.engine import Outage, open_engine
from callcrm.store.postgres.groups import TIMEOUTS, GroupWriter
from callcrm.store.postgres.transactors import Transactor, WriteTransactor
from callcrm.store.tasks import OnCommit, Task, TaskQueue
from callcrm.store.worker_session import WorkerSession

GROUP_WRITERS = 2  # so that one's verbs run while the other waits for the server
WRITERS = 4  # more would only wait for one another: for the interpreter, and for the disk
READERS = 4
CLOSING_TIMEOUT = 10.0  # seconds: a thread that hangs must not keep the process
# What is acknowledged survives a power cut, whatever the database was set to.
SYNCHRONOUS_COMMIT = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""


class GroupQueues:
    """The queues of the threads that commit groups. Verbs with the same lock meet in the same queue, or they
    would wait for each other's groups.
    """

    def __init__(self) -> None:
        self.queues = [TaskQueue(consumers=1) for _ in range(GROUP_WRITERS)]

    def put(self, task: Task) -> None:
        """Queues the task; StoreDown where its queue is full or closed."""
        place = hash(task.lock) % GROUP_WRITERS
        (min(self.queues, key=len) if task.lock is None else self.queues[place]).put(task)

    def close(self) -> None:
        """Takes no more."""
        for queue in self.queues:
            queue.close()


class PostgresStore:
    """Threads for verbs that are committed in groups, for those that are not, and for those that read."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, threads: Threads, on_commit: OnCommit | None) -> None:
        self.engine = open_engine(url)
        self.grouped = GroupQueues()
        self.writes = TaskQueue(consumers=WRITERS)
        self.reads = TaskQueue(consumers=READERS)
        self._threads = threads
        outage = Outage(clock)
        self._group_workers = []
        for queue in self.grouped.queues:
            session = WorkerSession(self.engine, clock, [SYNCHRONOUS_COMMIT, *TIMEOUTS])
            writer = GroupWriter(session, clock, outage, on_commit, queue=queue, others=self.writes)
            self._group_workers.append(threads.start("store-writer", queue, writer.serve, writer.end))
        self._workers = []
        for _ in range(WRITERS):
            session = WorkerSession(self.engine, clock, [SYNCHRONOUS_COMMIT])
            worker = WriteTransactor(session, clock, outage, on_commit)
            self._workers.append(threads.start("store-worker", self.writes, worker.serve, worker.end))
        for _ in range(READERS):
            reader = Transactor(WorkerSession(self.engine, clock), clock, outage)
            self._workers.append(threads.start("store-worker", self.reads, reader.serve, reader.end))

    def close(self) -> None:
        """Serves what is queued, then ends the threads."""
        self.grouped.close()
        self._threads.join(self._group_workers, CLOSING_TIMEOUT)  # they may hand over what they have
        self.writes.close()
        self.reads.close()
        self._threads.join(self._workers, CLOSING_TIMEOUT)
        self.engine.dispose()
