"""The reference chat: keeps the contract of the original Flask application on the pinned Flask stack.

Replays run against it to prove the runner, and recordings are made from it. It is small on purpose: whatever
happens on the wire beside the four handlers below is decided by the libraries in requirements.txt.
"""

import argparse
import logging
import os
import random
import signal
import time
from pathlib import Path

from flask import Flask, render_template, request
from flask_socketio import SocketIO, emit

AVATAR_URL = "https://avatar.iran.liara.run/public"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


class Chat:
    """Who is here, and the temporary messages of the last seconds."""

    def __init__(self):
        self.users = {}
        self.temporary = []

    def join(self, sid):
        username = f"User_{random.randint(1000, 9999)}"
        kind = random.choice(["girl", "boy"])
        user = {"username": username, "avatar": f"{AVATAR_URL}/{kind}?username={username}"}
        self.users[sid] = user
        return user

    def keep(self, message):
        self.temporary.append((time.monotonic(), message))

    def purge(self, older_than):
        limit = time.monotonic() - older_than
        self.temporary = [(at, message) for at, message in self.temporary if at > limit]


def serve_page(app):
    @app.route("/")
    def page():
        return render_template("index.html")


def register_events(socketio, chat):
    """The contract. A handler that raises leaves its event unacknowledged, as in the original."""

    @socketio.on("connect")
    def joined():
        user = chat.join(request.sid)
        emit("user_joined", {"username": user["username"]}, broadcast=True)
        emit("set_username", {"sid": request.sid, **user})

    @socketio.on("disconnect")
    def left():
        user = chat.users.pop(request.sid, None)
        if user:
            emit("user_left", {"username": user["username"]}, broadcast=True)

    @socketio.on("send_message")
    def send_message(data):
        user = chat.users.get(request.sid)
        if user is None:
            return
        message = {
            "from_sid": request.sid,
            "from_username": user["username"],
            "avatar": user["avatar"],
            "message": data.get("message", ""),
            "temp": bool(data.get("temp", False)),
        }
        if message["temp"]:
            chat.keep(message)
        emit("new_message", message, broadcast=True)

    @socketio.on("update_username")
    def update_username(data):
        user = chat.users[request.sid]
        new, old = data.get("username", "").strip(), user["username"]
        if new and new != old:
            user["username"] = new
            emit("username_updated", {"old_username": old, "new_username": new}, broadcast=True)


def purge_forever(socketio, chat, arguments):
    while True:
        socketio.sleep(arguments.cleanup_interval)
        chat.purge(older_than=arguments.temp_ttl)


def parse_arguments():
    parser = argparse.ArgumentParser(description="The reference chat on Flask-SocketIO.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5050)
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="folder with index.html")
    parser.add_argument("--ping-interval", type=float, default=25, help="seconds")
    parser.add_argument("--ping-timeout", type=float, default=20, help="seconds")
    parser.add_argument("--temp-ttl", type=float, default=10, help="seconds")
    parser.add_argument("--cleanup-interval", type=float, default=5, help="seconds")
    parser.add_argument("--allowed-origin", action="append", help="repeatable; same origin only when absent")
    parser.add_argument("--log-file", type=Path, help="warnings and errors go there instead of to standard error")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    logging.basicConfig(filename=arguments.log_file, level=logging.WARNING)
    # At once and with status 0: SystemExit would be caught when it comes while an event is handled.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    app = Flask(__name__, template_folder=str(arguments.templates.resolve()))
    socketio = SocketIO(
        app,
        ping_interval=arguments.ping_interval,
        ping_timeout=arguments.ping_timeout,
        cors_allowed_origins=arguments.allowed_origin,
    )
    chat = Chat()
    serve_page(app)
    register_events(socketio, chat)
    socketio.start_background_task(purge_forever, socketio, chat, arguments)
    socketio.run(app, host=arguments.host, port=arguments.port)


if __name__ == "__main__":
    main()
