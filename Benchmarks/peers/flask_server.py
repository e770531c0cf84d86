"""The events of the load generator on the stack of the original chat: Flask-SocketIO on eventlet.

usage: flask_server.py <port>
"""
import logging
import random
import sys

from flask import Flask, request
from flask_socketio import SocketIO, emit

app = Flask(__name__)
socketio = SocketIO(app, async_mode="eventlet", cors_allowed_origins="*")
users = {}


@socketio.on("connect")
def connect():
    users[request.sid] = f"User_{random.randint(1000, 9999)}"


@socketio.on("disconnect")
def disconnect(*_):
    users.pop(request.sid, None)


@socketio.on("async")
@socketio.on("typed")
@socketio.on("echo")
def echo(data):
    return data


@socketio.on("msg")
def message(data):
    emit("msg", data, broadcast=True)


@socketio.on("send_message")
def send_message(data):
    name = users[request.sid]
    new = {
        "from_sid": request.sid,
        "from_username": name,
        "avatar": f"https://avatar.iran.liara.run/public/boy?username={name}",
        "message": data.get("message", ""),
        "temp": bool(data.get("temp", False)),
    }
    emit("new_message", new, broadcast=True)


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # max_size: eventlet serves 1024 connections at a time unless told otherwise.
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False, max_size=20_000)
