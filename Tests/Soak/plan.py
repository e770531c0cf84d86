"""What each client does in each of its lives, decided by the seed alone.

The same seed gives the same choices to the same client. When they are carried out depends on how fast the machine is.
"""

import random
from dataclasses import dataclass, field

# How often a life ends in which way.
ENDINGS = {"leave": 52, "close": 10, "fin": 8, "reset": 20, "vanish": 4, "stall": 6}
# Those who never become members, and what they do instead.
STRANGERS = {"silent": 1, "half a head": 1, "no join": 1, "garbage": 1}
STRANGER_SHARE = 0.03
HALF_UPGRADES = ["silent", "probe only", "reset"]


@dataclass
class Plan:
    """One life."""

    transport: str = "websocket"
    stranger: str = ""
    half_upgrade: str = ""
    upgrades: bool = False
    rooms: list = field(default_factory=list)
    # What happens in between, as (share of the life, what).
    moments: list = field(default_factory=list)
    share_of_stay: float = 1.0
    ending: str = "leave"

    @property
    def actions(self):
        """The names of what is done, to be counted."""
        yield "websocket" if self.transport == "websocket" else "polling"
        if self.stranger:
            yield f"stranger: {self.stranger}"
            return
        if self.half_upgrade:
            yield f"half upgrade: {self.half_upgrade}"
        if self.upgrades:
            yield "upgrade"
        for _, moment in self.moments:
            yield moment
        yield f"end: {self.ending}"


class Planner:
    """Makes the plans of one client."""

    def __init__(self, seed, client, rooms, recovers):
        self.random = random.Random(f"{seed}/{client}")
        self.rooms = rooms
        self.recovers = recovers

    def next(self):
        """The plan of the client's next life."""
        choose = self.random
        plan = Plan(transport="websocket" if choose.random() < 0.55 else "polling")
        if choose.random() < STRANGER_SHARE:
            plan.stranger = self._weighted(STRANGERS)
            return plan
        if plan.transport == "polling":
            if choose.random() < 0.25:
                plan.half_upgrade = choose.choice(HALF_UPGRADES)
            plan.upgrades = choose.random() < 0.6
        plan.rooms = choose.sample(range(self.rooms), min(self.rooms, choose.randint(1, 2) + 1))
        plan.share_of_stay = choose.uniform(0.3, 1)
        plan.ending = self._weighted(ENDINGS)
        for moment, share in (("hop", 0.3), ("ask", 0.25), ("work", 0.25), ("lose connection", 0.15)):
            if choose.random() < share and (moment != "lose connection" or self.recovers):
                plan.moments.append((choose.uniform(0.1, 0.9), moment))
        plan.moments.sort()
        return plan

    def _weighted(self, weights):
        return self.random.choices(list(weights), weights.values())[0]
