"""Jobs done by several processes, answers in the order of the jobs: however many, the same ones.

Each process makes its tool once from a pickled material and applies it to one job after another. A
process that fails tells why; one that dies is noticed.
"""

from __future__ import annotations

import multiprocessing as mp
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, Self, TypeVar

from engine.errors import CartridgeError

Material = TypeVar("Material")
Job = TypeVar("Job")
Answer = TypeVar("Answer")
Tool = Callable[[Job], Answer]


class Workshop(Generic[Material, Job, Answer]):
    """`workers` processes, started when there is work for two; one worker is this process itself.

    `make(material)` must be a module's function that returns the tool. Leaving the `with` block
    ends the processes, also in the middle of a job.
    """

    def __init__(
        self, make: Callable[[Material], Tool[Job, Answer]], material: Material, workers: int
    ) -> None:
        self._make = make
        self._material = material
        self._workers = workers
        self._processes: dict[Connection, SpawnProcess] = {}
        self._own: Tool[Job, Answer] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for connection, process in self._processes.items():
            process.join()
            connection.close()
        self._processes = {}

    def answers(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """The answer to each job, in their order; not to be left half read and called again.

        Raises what the tool raises, and CartridgeError where a process died.
        """
        if min(self._workers, len(jobs)) <= 1:
            if self._own is None:
                self._own = self._make(self._material)
            yield from map(self._own, jobs)
            return
        while len(self._processes) < min(self._workers, len(jobs)):
            self._start()
        idle, busy = list(self._processes), dict[Connection, int]()
        done: dict[int, Answer] = {}
        given = 0
        for wanted in range(len(jobs)):
            while wanted not in done:
                while idle and given < len(jobs):
                    connection = idle.pop()
                    self._give(connection, jobs[given])
                    busy[connection] = given
                    given += 1
                for ready in wait(list(busy)):
                    assert isinstance(ready, Connection)
                    done[busy.pop(ready)] = self._receive(ready)
                    idle.append(ready)
            yield done.pop(wanted)

    def _start(self) -> None:
        context = mp.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, self._make, self._material), daemon=True
        )
        # Ctrl-C reaches all processes of a terminal; ours is the one to end the others.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.start()
        signal.signal(signal.SIGINT, handler)
        theirs.close()
        self._processes[ours] = process

    def _give(self, connection: Connection, job: Job) -> None:
        try:
            connection.send(job)
        except ConnectionError:
            raise self._death(connection) from None

    def _receive(self, connection: Connection) -> Answer:
        try:
            failure, answer = connection.recv()
        except (EOFError, ConnectionError):
            raise self._death(connection) from None
        if failure is not None:
            raise failure
        found: Answer = answer
        return found

    def _death(self, connection: Connection) -> CartridgeError:
        process = self._processes[connection]
        process.join()
        return CartridgeError(
            f"{process.name} died (exit code {process.exitcode}) and its work is lost;"
            " start again, with fewer --workers if memory was short"
        )


def _serve(
    connection: Connection, make: Callable[[Material], Tool[Job, Answer]], material: Material
) -> None:
    """The body of a process: answer jobs until the other end of the pipe is closed."""
    try:
        try:
            tool = make(material)
            while True:
                connection.send((None, tool(connection.recv())))
        except CartridgeError as error:
            connection.send((error, None))
    except (EOFError, ConnectionError):
        return  # the parent is gone or wants no more
