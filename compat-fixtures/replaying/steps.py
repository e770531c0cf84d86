"""The lines of a recording file: long repetitions shortened, the server's address made the same everywhere."""

import json
import re

from wire import items

# The keys whose values may be long.
LONG = ("text", "body", "hex")
RECORDED_ADDRESS = "127.0.0.1:5050"
LONG_RUN = re.compile(r"(.{1,8}?)\1{99,}", re.DOTALL)


def shortened(text):
    """`text`, or a list in which a long repetition has become [what is repeated, how often]."""
    pieces, at = [], 0
    for run in LONG_RUN.finditer(text):
        pieces += [text[at : run.start()], [run[1], len(run[0]) // len(run[1])]]
        at = run.end()
    return [piece for piece in (*pieces, text[at:]) if piece] if pieces else text


def lengthened(value):
    if not isinstance(value, list):
        return value
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in value)


def write(path, head, steps, address):
    """One JSON object per line; the first tells what the scenario is about and which options its server needs."""
    here = f"{address[0]}:{address[1]}"
    with open(path, "w", encoding="utf-8") as file:
        for line in [head, *steps]:
            file.write(
                json.dumps(
                    {key: shortened(value) if key in LONG and value else value for key, value in line.items()}
                ).replace(here, RECORDED_ADDRESS)
                + "\n"
            )


def read(path):
    """The head ({} in the original recordings, which have none) and the steps."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    head = {} if "step" in lines[0] else lines.pop(0)
    return head, [{key: lengthened(value) if key in LONG else value for key, value in line.items()} for line in lines]


def item_keys(item):
    """An item as the keys of a step."""
    for key in ("hex", "pong"):
        if item.startswith(key + ":"):
            return {key: item.removeprefix(key + ":")}
    if item.startswith("close:"):
        code = item.removeprefix("close:")
        return {"close": int(code) if code.isdigit() else code}
    return {"text": item}


def step_item(step):
    """The item of a step that `item_keys` made."""
    for key in ("hex", "pong", "close"):
        if key in step:
            return f"{key}:{step[key]}"
    return step["text"]


def payload_items(body):
    """What a recorded polling body brings, noops left out."""
    return [item for item in items.from_payload(body.encode()) if item not in (items.NOOP, "")]
