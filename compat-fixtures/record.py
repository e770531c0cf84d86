"""Records scenarios from a server over real sockets, one JSON line per step.

    python record.py                          all scenarios, from the reference application
    python record.py two_clients http_errors  only these
    python record.py --server 'command --port {port}' --out folder

Each scenario gets a fresh server. A scenario during which more arrives than it waits for is not written.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from replaying import steps
from scenarios import all_scenarios
from scenarios.stage import Stage
from wire.server import running_server

HERE = Path(__file__).resolve().parent
PAGES = HERE / "page"


def reference_command():
    return f"{sys.executable} {HERE / 'reference' / 'app.py'} --port {{port}}"


async def record(name, function, options, arguments):
    async with running_server(arguments.server, {"templates": PAGES, **options}) as address:
        stage = Stage(address)
        await function(stage)
        await stage.finish()
    head = {"scenario": name, "about": " ".join(function.__doc__.split()), "server": options}
    steps.write(arguments.out / f"{name}.jsonl", head, stage.steps, address)


async def record_all(arguments):
    scenarios = all_scenarios()
    slots, failures = asyncio.Semaphore(arguments.jobs), []

    async def one(name):
        async with slots:
            try:
                await record(name, *scenarios[name], arguments)
                print(f"recorded {name}", flush=True)
            except Exception as error:
                failures.append(name)
                print(f"FAILED {name}: {type(error).__name__}: {error}", flush=True)

    await asyncio.gather(*(one(name) for name in arguments.scenarios or scenarios))
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--server", default=reference_command(), help="command with {port}")
    parser.add_argument("--out", type=Path, default=HERE / "recordings")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if unknown := set(arguments.scenarios) - set(all_scenarios()):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    sys.exit(1 if asyncio.run(record_all(arguments)) else 0)


if __name__ == "__main__":
    main()
