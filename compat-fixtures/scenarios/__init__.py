"""The scenarios that are recorded, grouped by what they are about; see `stage.py` for what they are made of."""

from . import connections, events, heartbeats, http, leaving, limits, malformed, messages, namespaces, websockets

MODULES = (connections, events, messages, namespaces, malformed, http, websockets, limits, heartbeats, leaving)


def all_scenarios():
    """Name to (function, server options), in the order of the modules."""
    return {
        function.__name__: (function, getattr(function, "server", {}))
        for module in MODULES
        for function in vars(module).values()
        if getattr(function, "is_scenario", False)
    }
