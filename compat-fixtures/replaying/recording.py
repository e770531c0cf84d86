"""One recording, ready to be replayed: which answer belongs to which request, which GET is a poll."""

import re
import zlib
from pathlib import Path

from wire import items

from . import steps

RANDOM_NAME = re.compile(r"User_\d{4}")
SID = re.compile(r'\\?"sid\\?": ?\\?"([A-Za-z0-9_-]{20})\\?"')


class Recording:
    """`steps` as recorded, each http request knowing its `answer` and whether it is a `poll`."""

    def __init__(self, path, name):
        self.name = name
        head, self.steps = steps.read(path)
        self.options = head.get("server", {})
        self.about = head.get("about", "")
        self.strangers = frozenset() if head else strangers(self.steps)
        self.sids = frozenset(SID.findall(Path(path).read_text(encoding="utf-8")))
        self.pair_answers()
        self.mark_polls()

    def pair_answers(self):
        by_step = {step["step"]: step for step in self.steps}
        open_requests = {}
        for step in self.steps:
            if step["dir"] == "send" and ("method" in step or "open" in step):
                open_requests[step["client"]] = step
            elif "status" in step:
                request = by_step[step["answers"]] if "answers" in step else open_requests[step["client"]]
                request["answer"], step["request"] = step, request

    def mark_polls(self):
        barriers = 0
        for step in self.steps:
            step["poll"] = is_poll(step)
            barriers += step["dir"] != "recv" and not step["poll"]
            step["barriers"] = barriers
        for step in self.steps:
            answer = step.get("answer")
            step["waits"] = step["poll"] and (answer is None or answer["barriers"] > step["barriers"])

    def items(self, step):
        """What a reception adds to the stream of its client."""
        if "status" not in step:
            found = [item for item in [steps.step_item(step)] if item != items.NOOP]
        elif step["request"]["poll"]:
            found = partial_items(step) if "body_hex" in step else steps.payload_items(step["body"])
        else:
            found = []
        return [item for item in found if not self.is_strange(item)]

    def is_strange(self, item):
        """Tells of somebody who is not in this recording (see recordings/original/README.md)."""
        name = RANDOM_NAME.search(item)
        return (
            bool(self.strangers)
            and item.startswith(('42["user_joined"', '42["user_left"'))
            and (name is not None and name[0] in self.strangers)
        )

    def clients_with(self, item):
        return {step["client"] for step in self.steps if step["dir"] == "recv" and item in self.items(step)}

    def ended_by_refusal(self):
        """Clients whose session is known to be over because their last request was refused."""
        last = {step["client"]: step for step in self.steps if step["dir"] == "recv"}
        return [client for client, step in last.items() if step.get("status", 200) >= 400]

    def records_close(self, client):
        return any("close" in step and step["dir"] == "recv" and step["client"] == client for step in self.steps)


def is_poll(step):
    """A GET of a session that brought packets, or whose answer nobody waited for."""
    if step.get("method") != "GET" or not re.search(r"[?&]sid=[^&]", step["target"]):
        return False
    answer = step.get("answer")
    return answer is None or (answer["status"] == 200 and answer.get("body") != "")


def partial_items(step):
    """The original recordings keep only the first bytes of a compressed body: how its only packet begins."""
    text = zlib.decompressobj(wbits=31).decompress(bytes.fromhex(step["body_hex"])).decode(errors="ignore")
    return ["begins:" + text]


def strangers(recorded):
    """Names that appear only because clients of an earlier recording were still there."""
    text = str(recorded)
    own = {RANDOM_NAME.search(part)[0] for part in re.findall(r'"set_username",.{0,200}', text)}
    return frozenset(RANDOM_NAME.findall(text)) - own
