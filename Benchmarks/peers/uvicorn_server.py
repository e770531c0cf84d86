"""The events of the load generator on python-socketio's asyncio server under uvicorn.

usage: uvicorn_server.py <port>
"""
import random
import sys

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
users = {}


@server.event
async def connect(sid, _):
    users[sid] = f"User_{random.randint(1000, 9999)}"


@server.event
async def disconnect(sid, *_):
    users.pop(sid, None)


@server.on("async")
@server.on("typed")
@server.on("echo")
async def echo(_, data):
    return data


@server.event
async def msg(_, data):
    await server.emit("msg", data)


@server.event
async def send_message(sid, data):
    name = users[sid]
    new = {
        "from_sid": sid,
        "from_username": name,
        "avatar": f"https://avatar.iran.liara.run/public/boy?username={name}",
        "message": data.get("message", ""),
        "temp": bool(data.get("temp", False)),
    }
    await server.emit("new_message", new)


if __name__ == "__main__":
    uvicorn.run(
        socketio.ASGIApp(server), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False
    )
