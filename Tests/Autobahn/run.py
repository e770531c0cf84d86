#!/usr/bin/env python3
"""Runs the Autobahn WebSocket suite against our echo server and says which cases failed.

The suite needs Python 2.7, hence a process of its own; scripts/autobahn-env.sh makes its environment.
Ends with `N passed, M failed`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verdicts import judge

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Clients"))
from servers import Server  # noqa: E402  the folder is not a package


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="command of the echo server, with {port} in it")
    parser.add_argument("--python", default=".build/autobahn/bin/python", help="Python 2.7 with the suite")
    parser.add_argument("--messages", type=int, default=1000, help="most messages of a case that sends many")
    parser.add_argument("--limit", type=float, default=240, help="seconds the whole run may take")
    parser.add_argument("--output", type=Path, help="file for the results; one line of JSON a case")
    parser.add_argument("--expect-failures", help="numbers of the cases that must fail, all others passing: a self-test")
    parser.add_argument("cases", nargs="+", help="numbers; a * at the end stands for anything")
    return parser.parse_args()


def run_suite(arguments, url, results):
    """Returns what went wrong with the suite itself, or nothing."""
    command = [arguments.python, HERE / "suite_client.py", url, results, *arguments.cases]
    command += ["--messages", str(arguments.messages)]
    # The suite prints a line for each case, and the traces of its own errors.
    with tempfile.TemporaryFile() as output:
        try:
            status = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=arguments.limit
            ).returncode
            complaint = f"the suite exited with {status}" if status else None
        except subprocess.TimeoutExpired:
            complaint = f"the suite took more than {arguments.limit:g} s"
        output.seek(0)
        tail = output.read().decode(errors="replace").splitlines()[-20:]
    return "\n".join([complaint, *tail]) if complaint else None


def read_results(path):
    """The results by case; the last line may be half written when the suite was ended."""
    results = {}
    for line in path.read_text().splitlines():
        try:
            result = json.loads(line)
        except ValueError:
            continue
        results[result["id"]] = result
    return results


def wanted_cases(arguments):
    """The numbers of the cases the suite has, so that none is missed."""
    listing = "from autobahntestsuite.case import Cases; print ' '.join(c.__name__[4:].replace('_', '.') for c in Cases)"
    known = subprocess.run([arguments.python, "-c", listing], capture_output=True, text=True, check=True).stdout.split()
    return [case for case in known if any(matches(case, pattern) for pattern in arguments.cases)]


def matches(case, pattern):
    return case.startswith(pattern[:-1]) if pattern.endswith("*") else case == pattern


def main():
    arguments = parse_arguments()
    cases = wanted_cases(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.output or Path(folder) / "results.jsonl"
        path.write_text("")
        server = Server(arguments.server).start()
        try:
            complaint = run_suite(arguments, f"ws://127.0.0.1:{server.port}/", path)
            if not server.is_running:
                complaint = f"the server died\n{server.tail()}\n{complaint or ''}"
        finally:
            server.kill()
        results = read_results(path)
    verdicts = {case: judge(results.get(case), case) for case in cases}
    failed = [case for case, verdict in verdicts.items() if not verdict.is_accepted]
    if arguments.expect_failures is not None:
        finish_self_test(failed, arguments.expect_failures.split(), complaint)
    report(verdicts, time.monotonic() - began)
    for case in failed:
        print(f"FAILED {case}: {json.dumps(results.get(case), sort_keys=True)[:4000]}")
    if complaint:
        print(complaint)
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed or complaint or not cases else 0)


def finish_self_test(failed, expected, complaint):
    if failed != expected or complaint:
        sys.exit(f"failed: {failed}, expected to fail: {expected}\n{complaint or ''}")
    print(f"cases {', '.join(failed)} failed, as they must")
    sys.exit()


def report(verdicts, seconds):
    kinds = {}
    for case, verdict in verdicts.items():
        kinds.setdefault(verdict.name, []).append(case)
    for name, cases in sorted(kinds.items()):
        print(f"{len(cases):4} {name}" + ("" if name == "OK" else f": {' '.join(cases)}"))
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
