"""The reference application with one fault built in, to prove that a replay notices it.

python mutant.py <fault> <arguments of the reference application>
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import app
import engineio
import flask_socketio

emit = flask_socketio.emit


def changed_emit(event, change):
    """Emits of one event go through `change(data, emit_it)`."""

    def mutated(name, data, **options):
        def emit_it(*changes, as_event=name):
            emit(as_event, changes[0] if changes else data, **options)

        change(data, emit_it) if name == event else emit(name, data, **options)

    app.emit = mutated


def reordered():
    """The newcomer is told its name before it is announced."""
    held = []

    def mutated(name, data, **options):
        if name == "user_joined":
            return held.append((name, data, options))
        emit(name, data, **options)
        while held:
            name, data, options = held.pop()
            emit(name, data, **options)

    app.emit = mutated


def twice(data, emit_it):
    emit_it()
    emit_it()


def misnumbered(data, emit_it):
    emit_it(data | {"message": True} if data["message"] == 1 else data)


def changing_avatar(data, emit_it):
    other = {"girl": "boy", "boy": "girl"}
    changing_avatar.calls += 1
    kind = data["avatar"].split("/")[-1].split("?")[0]
    odd = changing_avatar.calls % 2
    emit_it(data | {"avatar": data["avatar"].replace(kind, other[kind])} if odd else data)


changing_avatar.calls = 0

EMITTED = {
    "message lost": ("new_message", lambda data, emit_it: None),
    "message doubled": ("new_message", twice),
    "message renamed": ("new_message", lambda data, emit_it: emit_it(as_event="newMessage")),
    "key missing": ("new_message", lambda data, emit_it: emit_it({k: v for k, v in data.items() if k != "temp"})),
    "key too many": ("new_message", lambda data, emit_it: emit_it(data | {"at": 1})),
    "truth as number": ("new_message", lambda data, emit_it: emit_it(data | {"temp": int(data["temp"])})),
    "number as truth": ("new_message", misnumbered),
    "text for null": ("new_message", lambda data, emit_it: emit_it(data | {"message": data["message"] or ""})),
    "wrong sender": ("new_message", lambda data, emit_it: emit_it(data | {"from_sid": "A" * 20})),
    "short id": ("set_username", lambda data, emit_it: emit_it(data | {"sid": data["sid"][:19]})),
    "changing avatar": ("new_message", changing_avatar),
    "bytes changed": ("new_message", lambda data, emit_it: emit_it(data | {"message": bytes(data["message"])[::-1]})),
    "left unsaid": ("user_left", lambda data, emit_it: None),
    "old name": ("username_updated", lambda data, emit_it: emit_it(data | {"new_username": data["old_username"]})),
}


def wrapped(method, change):
    original = getattr(engineio.base_server.BaseServer, method)
    setattr(engineio.base_server.BaseServer, method, lambda *given, **named: change(original(*given, **named)))


def without_type(answer):
    answer["headers"] = [(name, value) for name, value in answer["headers"] if name != "Content-Type"]
    return answer


ANSWERED = {
    "other status": ("_ok", lambda answer: answer | {"status": "201 CREATED"}),
    "other body": ("_bad_request", lambda answer: answer | {"response": b"no"}),
    "header missing": ("_ok", without_type),
    "other origin": ("_cors_headers", lambda headers: [(n, "*" if n.endswith("Origin") else v) for n, v in headers]),
}


def apply(fault):
    if fault in EMITTED:
        changed_emit(*EMITTED[fault])
    elif fault == "dies when left":
        changed_emit("user_left", lambda data, emit_it: os._exit(4))
    elif fault == "deaf to signals":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal = lambda *ignored: None
    elif fault == "other order":
        reordered()
    elif fault == "uncompressed":
        engineio.base_server.BaseServer.compression_methods = []
    elif fault == "no acknowledgement":
        flask_socketio.SocketIO._handle_event = silenced(flask_socketio.SocketIO._handle_event)
    elif fault == "never pings":
        engineio.socket.Socket.schedule_ping = lambda self: None
    else:
        wrapped(*ANSWERED[fault])


def silenced(handle):
    """Messages are handled, then fail, so that nothing acknowledges them."""

    def handled(self, handler, message, *given):
        answer = handle(self, handler, message, *given)
        if message == "send_message":
            raise RuntimeError("no acknowledgement")
        return answer

    return handled


if __name__ == "__main__":
    apply(sys.argv.pop(1))
    app.main()
