"""The events of the contract, with and without acknowledgement, with right and wrong arguments."""

import json

from .stage import scenario

# Python's white space: what a name loses at both ends.
WHITE_SPACE = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
GOOD_MESSAGE = '["send_message",{"message":"good"}]'


def event(name, *arguments, ack=""):
    return f"42{ack}{json.dumps([name, *arguments])}"


@scenario()
async def acknowledgements(stage):
    """Both events with an acknowledgement id, after the broadcast; ids of many digits."""
    a = await stage.websocket("a")
    await a.asks('420["send_message",{"message":"with ack"}]', 2)
    await a.asks('421["update_username",{"username":"zed"}]', 2)
    await a.asks('4212["update_username",{"username":"zed"}]', 1)
    await a.asks('4213["update_username",{"username":"   "}]', 1)
    await a.asks('4214["update_username",{}]', 1)
    await a.asks('429007199254740991["send_message",{"message":1}]', 2)
    await a.asks('420["send_message",{"message":"the same id again"}]', 2)


@scenario()
async def acknowledgements_polling(stage):
    """Acknowledgements over polling, and a second client that gets the broadcast without them."""
    a = await stage.polling("a")
    b = await stage.polling("b")
    await a.asks('420["send_message",{"message":"with ack"}]', 2)
    await b.poll(1)
    await a.asks('421["update_username",{"username":"zed"}]', 2)
    await b.poll(1)


@scenario()
async def unknown_events(stage):
    """Events without a handler are ignored, with an acknowledgement id too."""
    a = await stage.websocket("a")
    for text in ('42["no_such_event",{"x":1}]', '423["no_such_event"]', '42["message","hi"]', '42["Send_message",{}]'):
        await a.send(text)
    await a.asks("424" + GOOD_MESSAGE, 2)


@scenario()
async def wrong_arguments(stage):
    """Wrong number or type of arguments: no message, no acknowledgement, the connection stays."""
    a = await stage.websocket("a")
    wrong = [[], [None], ["text"], [7], [True], [[1]], [{"message": "one"}, {"message": "two"}], ["a", "b", "c"]]
    for name in ("send_message", "update_username"):
        for arguments in wrong:
            await a.send(event(name, *arguments))
            await a.send(event(name, *arguments, ack=5))
    await a.asks("426" + GOOD_MESSAGE, 2)


@scenario()
async def wrong_names(stage):
    """A name that is not a string is refused without a word."""
    a = await stage.websocket("a")
    for name in (None, 1, 1.5, True, ["x"], {"x": 1}):
        await a.send(event("update_username", {"username": name}, ack=3))
    await a.asks("424" + GOOD_MESSAGE, 2)


@scenario()
async def wrong_arguments_polling(stage):
    """The POST of an event that fails is answered like any other."""
    a = await stage.polling("a")
    await a.send('420["send_message"]')
    await a.send('421["send_message",null]')
    await a.send('422["update_username",{"username":3}]')
    await a.asks("423" + GOOD_MESSAGE, 2)


@scenario()
async def renames(stage):
    """Names are trimmed as Python trims, the avatar stays, messages carry the new name, leaving too."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    for name in ("zed", "  zed2\t", "é中😀", "<b>x</b>", "\u200bx\ufeff", "with space inside", 'q"uo\\te', "x" * 300):
        await a.send(event("update_username", {"username": name}))
        await stage.everybody(1)
        await a.send(event("send_message", {"message": "who am I"}))
        await stage.everybody(1)
    await a.close()
    await b.receive(1)


@scenario()
async def renames_to_nothing(stage):
    """Empty, blank, absent and unchanged names change nothing and are acknowledged."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await a.send(event("update_username", {"username": "zed"}))
    await stage.everybody(1)
    for arguments in ({"username": ""}, {"username": WHITE_SPACE}, {}, {"username": "zed"}, {"username": " zed "}):
        await a.asks(event("update_username", arguments, ack=1), 1)
    await b.send(event("update_username", {"username": "zed"}))
    await stage.everybody(1)


@scenario()
async def trimmed_white_space(stage):
    """Each kind of white space, one at a time, at both ends of a name."""
    a = await stage.websocket("a")
    for number, space in enumerate(WHITE_SPACE):
        await a.asks(event("update_username", {"username": f"{space}name {number}{space}"}), 1)


@scenario()
async def extra_keys(stage):
    """`to` and unknown keys are ignored; key order does not matter."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await a.send('42["send_message",{"temp":true,"x":{"y":[1]},"message":"m","to":"nobody"}]')
    await stage.everybody(1)
    await b.send('42["send_message",{"to":["a"],"message":"m","from_sid":"forged","from_username":"forged"}]')
    await stage.everybody(1)
    await b.send('42["update_username",{"old_username":"forged","username":"bob"}]')
    await stage.everybody(1)
