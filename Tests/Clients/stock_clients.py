"""python-socketio's two clients, mended where a flaw of theirs would make a test of the server unsteady.

What they put on the wire is untouched.
"""

import asyncio
import contextlib
import queue
import threading

import engineio
import socketio

WRITE_DEADLINE = 3


def must_write_first(engine, abort):
    """Whether a client that leaves has to wait until its writer is idle.

    A stock engine whose writer is amid a POST at that moment never sends its close packet, and hangs in its last poll.
    """
    return engine.state == "connected" and engine.current_transport == "polling" and not abort


class PatientAsyncEngine(engineio.AsyncClient):
    """The stock engine, but it writes what it has before it leaves."""

    async def disconnect(self, abort=False, reason=None):
        if must_write_first(self, abort):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITE_DEADLINE):
                    await self.queue.join()
        await super().disconnect(abort, reason)


class AsyncClient(socketio.AsyncClient):
    """The asyncio client on top of `PatientAsyncEngine`."""

    def _engineio_client_class(self):
        return PatientAsyncEngine


class SerialEngine(engineio.Client):
    """The stock engine starts a thread per message, and those may overtake each other; one thread keeps their order.

    The end of the connection would overtake them, too. It also writes what it has before it leaves.
    """

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.messages = queue.SimpleQueue()
        self._dispatcher = threading.Thread(target=self._dispatch, daemon=True)
        self._dispatcher.start()

    def start_background_task(self, target, *arguments, **keywords):
        if target is not self.handlers.get("message"):
            return super().start_background_task(target, *arguments, **keywords)
        self.messages.put(lambda: target(*arguments))

    def _dispatch(self):
        while handle := self.messages.get():
            try:
                handle()
            except Exception:
                self.logger.exception("message handler error")

    def _trigger_event(self, event, *arguments, **keywords):
        # What came before the end, such as the server's goodbye, is handled before it.
        if event == "disconnect" and threading.current_thread() is not self._dispatcher:
            handled = threading.Event()
            self.messages.put(handled.set)
            handled.wait(WRITE_DEADLINE)
        return super()._trigger_event(event, *arguments, **keywords)

    def disconnect(self, abort=False, reason=None):
        if self.state == "disconnecting":
            return  # a second thread in here would take away what wakes the writer
        if must_write_first(self, abort):
            with self.queue.all_tasks_done:
                self.queue.all_tasks_done.wait_for(lambda: not self.queue.unfinished_tasks, WRITE_DEADLINE)
        super().disconnect(abort, reason)


class SyncClient(socketio.Client):
    """The threaded client on top of `SerialEngine`."""

    def _engineio_client_class(self):
        return SerialEngine
