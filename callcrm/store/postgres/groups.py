"""PostgreSQL's threads for the many short verbs somebody waits for: one transaction for what is queued.

BEGIN, the verbs' writes and COMMIT go to the server in a pipeline, so that a verb costs a round trip only
where it reads. A group is a hope: where a verb fails, is too late, or waits for another's lock, nothing of
the group is kept, and each of its verbs is handed to the threads that give it a transaction of its own.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import event

from callcrm.base.clock import Clock
from callcrm.lazy import psycopg
from callcrm.store.errors import StoreDown, StoreLate, StoreUndecided
from callcrm.store.postgres.engine import Outage, advisory_lock_key
from callcrm.store.postgres.transactors import Transactor
from callcrm.store.tasks import (
    OnCommit,
    Task,
    TaskQueue,
    TaskResult,
    deliver,
    failed_result,
    late_result,
    publish,
)
from callcrm.store.worker_session import WorkerSession

GROUP_SIZE = 32  # verbs
LEAST_TIME = 0.05  # seconds: a verb with less of them left might spoil its group
LOCKS = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key"
# Of each new connection, in milliseconds: whoever waits longer for another's lock does so in a transaction of
# their own, and before the server looks for a deadlock.
TIMEOUTS = ("SET lock_timeout = 20", "SET statement_timeout = 1000")


class Pipeline:
    """A connection's pipeline mode. It is left before SQLAlchemy executes, which reads results at once."""

    def __init__(self, session: WorkerSession) -> None:
        self._session = session
        self._open: Any = None

    def enter(self) -> None:
        """Does nothing where it is on."""
        if self._open is None:
            self._open = self._session.driver_connection.pipeline()
            self._open.__enter__()

    def forget(self) -> None:
        """Of a connection that is another now."""
        self._open = None

    def leave(self) -> None:
        """Waits for what was sent, and raises the first error of it."""
        pipeline, self._open = self._open, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def leave_before(self, *_: object) -> None:
        """SQLAlchemy's event `before_cursor_execute`."""
        self.leave()


class GroupWriter(Transactor):
    """Commits verbs in groups. Those of a group that was spoiled go to the queue of `others`."""

    def __init__(
        self,
        session: WorkerSession,
        clock: Clock,
        outage: Outage,
        on_commit: OnCommit | None,
        *,
        queue: TaskQueue,
        others: TaskQueue,
    ) -> None:
        super().__init__(session, clock, outage, on_commit)
        self._queue = queue
        self._others = others
        self._pipeline = Pipeline(session)

    def serve(self, task: Task) -> None:
        """Serves a group: this verb and those that are queued meanwhile."""
        group: list[Task] = []
        try:
            results = self._group(task, group)
        except BaseException as error:
            self._roll_back()
            results = self._give_up(group or [task], error)
        publish(self._on_commit, results)
        deliver(results)

    def _group(self, first: Task, group: list[Task]) -> list[TaskResult]:
        if self._session.driver_connection is None:
            self._connect()
        group += self._queued(first)
        self._begin_group(group)
        joined = [self._join(task) for task in group]
        self._commit_or_undecided()
        for result, call_back in joined:
            self._session.call_back(call_back, result)
        return [result for result, _ in joined]

    def _connect(self) -> None:
        super()._connect()
        self._pipeline.forget()
        event.listen(self._session.connection, "before_cursor_execute", self._pipeline.leave_before)

    def _queued(self, first: Task) -> list[Task]:
        """The first task and what is queued behind it."""
        group = [first]
        while len(group) < GROUP_SIZE and (task := self._queue.get_nowait()) is not None:
            group.append(task)
        return group

    def _begin_group(self, group: list[Task]) -> None:
        """BEGIN, and the locks of all verbs, in the order in which every process takes them."""
        self._pipeline.enter()
        self._session.execute("BEGIN")
        if keys := sorted({advisory_lock_key(task.lock) for task in group if task.lock is not None}):
            self._session.driver_connection.execute(LOCKS, [keys])

    def _join(self, task: Task) -> tuple[TaskResult, Callable[[], None]]:
        """Runs the verb, sends its writes, and seals it."""
        if task.abandoned(self._clock.monotonic() + LEAST_TIME):
            return late_result(task), lambda: None
        self._pipeline.enter()
        result = self._session.run(task)
        self._pipeline.enter()
        call_back = self._session.deferred_writes.send()
        if not task.seal(result.value):
            raise StoreLate("The store was too busy to be ready in time.")
        return result, call_back

    def _commit_or_undecided(self) -> None:
        try:
            self._commit()
        except psycopg.Error:
            if self._session.driver_connection.closed:
                raise StoreUndecided(None) from None
            raise

    def _commit(self) -> None:
        self._pipeline.enter()
        cursor = self._session.driver_connection.execute("COMMIT")
        self._pipeline.leave()
        if cursor.statusmessage != "COMMIT":  # it is a rollback, where a verb swallowed a failed statement
            raise RuntimeError("A verb swallowed a failed statement.")

    def _roll_back(self) -> None:
        with suppress(psycopg.Error):
            self._pipeline.leave()
        super()._roll_back()

    def _give_up(self, group: list[Task], error: BaseException) -> list[TaskResult]:
        """The results of verbs whose group was spoiled, but for those that are now with the others."""
        if isinstance(error, StoreUndecided):
            return [failed_result(task, StoreUndecided(task.value)) for task in group]
        results = []
        for task in group:
            if task.abandoned(self._clock.monotonic()) or not task.unseal():
                results.append(late_result(task))
                continue
            try:
                self._others.put(task)
            except StoreDown as fault:
                results.append(failed_result(task, fault))
        return results
