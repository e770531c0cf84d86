"""What a message may be: every JSON type, text of every kind, binary; and what makes it temporary."""

import base64
import json

from .stage import scenario

VALUES = (
    '""',
    '"x"',
    "0",
    "-0",
    "-1",
    "1.5",
    "-0.0",
    "1e2",
    "1E-7",
    "1e+21",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.1",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    '[1,"a",null,[true,[{}]]]',
    '{"k":{"n":[1,{"":""}]}}',
    '{"a":1,"b":2,"a":3}',
    ' { "spaced" : [ 1 , 2 ] } ',
)
TEXTS = (
    "é中😀",
    "\u2028\u2029",
    '"\\/\b\f\n\r\t',
    "\x00\x01\x1f\x7f",
    "<script>alert(1)</script>&amp;",
    "e\u0301 👩‍👩‍👧‍👦 \ufeff",
    "  kept as it is  ",
    "\U0001d11e\U0010ffff\ufffd\uffff",
)
TRUTH = (
    "false",
    "true",
    "null",
    "0",
    "0.0",
    "-0",
    "1",
    "-1",
    "0.1",
    '""',
    '"no"',
    '"false"',
    '" "',
    "[]",
    "[0]",
    "{}",
    '{"a":0}',
)


@scenario()
async def message_types(stage):
    """Every JSON type as message, echoed as the same value."""
    a = await stage.websocket("a")
    for value in VALUES:
        await a.asks(f'42["send_message",{{"message":{value},"temp":false}}]', 1)
    await a.asks('42["send_message",{}]', 1)
    await a.asks('42["send_message",{"temp":true}]', 1)


@scenario()
async def message_types_polling(stage):
    """Every JSON type over polling, to both transports."""
    a = await stage.polling("a")
    b = await stage.websocket("b")
    for value in VALUES:
        await a.asks(f'42["send_message",{{"message":{value}}}]', 1)
        await b.receive(1)


@scenario()
async def message_texts(stage):
    """Text beyond ASCII, sent raw and escaped, to both transports."""
    a, b = await stage.websocket("a"), await stage.polling("b")
    for text in TEXTS:
        for ascii_only in (True, False):
            packet = json.dumps(["send_message", {"message": text}], ensure_ascii=ascii_only)
            await a.asks(f"42{packet}", 1)
            await b.receive(1)


@scenario()
async def message_texts_polling(stage):
    """Text beyond ASCII in the body of a POST."""
    a = await stage.polling("a")
    for text in TEXTS:
        await a.asks("42" + json.dumps(["send_message", {"message": text}], ensure_ascii=False), 1)


@scenario()
async def lone_surrogates(stage):
    """Escaped halves of a surrogate pair come back as they were."""
    a = await stage.websocket("a")
    for text in (r"\ud83d", r"\ude00\ud83d", r"x\ud83dx"):
        await a.asks(f'42["send_message",{{"message":"{text}"}}]', 1)


@scenario()
async def temporary_messages(stage):
    """`temp` is the truth of the value, as Python sees it."""
    a = await stage.websocket("a")
    for value in TRUTH:
        await a.asks(f'42["send_message",{{"message":"m","temp":{value}}}]', 1)


@scenario()
async def binary_message(stage):
    """A binary message over a WebSocket reaches everybody as the same bytes.

    Receivers of both transports at once are left out: the original breaks on them (it caches one encoding).
    """
    a, b = await stage.websocket("a"), await stage.websocket("b")
    a.send_frame('451-["send_message",{"message":{"_placeholder":true,"num":0}}]')
    a.send_binary(bytes(range(256)))
    await a.receive(2)
    await b.receive(2)


@scenario()
async def binary_message_polling(stage):
    """A binary message in a polling body, base64 both ways."""
    a = await stage.polling("a")
    b = await stage.polling("b")
    attachment = base64.b64encode(b"\x00\xff\x1e binary").decode()
    await a.asks(f'451-["send_message",{{"message":{{"_placeholder":true,"num":0}}}}]\x1eb{attachment}', 2)
    await b.receive(2)


@scenario()
async def binary_acknowledged(stage):
    """A binary event with an acknowledgement id, two attachments deep inside, an empty one."""
    a = await stage.websocket("a")
    a.send_frame(
        '452-7["send_message",{"message":[{"x":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]}]'
    )
    a.send_binary(b"first")
    a.send_binary(b"second")
    await a.receive(4)
    a.send_frame('451-8["send_message",{"message":{"_placeholder":true,"num":0},"temp":1}]')
    a.send_binary(b"")
    await a.receive(3)


@scenario()
async def binary_in_wrong_place(stage):
    """Bytes as the whole argument fail like any wrong type."""
    a = await stage.websocket("a")
    a.send_frame('451-1["send_message",{"_placeholder":true,"num":0}]')
    a.send_binary(b"bytes")
    await a.asks('423["send_message",{"message":"good"}]', 2)
