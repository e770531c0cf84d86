"""Collects what the load generator said of each server, and prints it as one table.

usage: bench-table.py add <results> <server> <operation> <reason of the failure or nothing> <file with the JSON>
       bench-table.py print <results>
"""
import json
import os
import platform
import statistics
import sys

SERVERS = {"ours": "this server", "flask": "Flask-SocketIO, eventlet", "uvicorn": "python-socketio, uvicorn"}
# Marks of a figure, and what they mean.
GENERATOR = ("¹", "the load generator was the limit; the server's processor time counts all the same")
DISTURBED = ("²", "other programs used over a tenth of a processor meanwhile")


def add(results, server, operation, reason, file):
    figures = None
    if not reason:
        with open(file) as source:
            figures = json.load(source)
        print(f"{figures['server_cpu_us_per_op']:10.3f} us   {figures['ops_per_s']:10.0f}/s   {marks([figures])}")
    with open(results, "a") as target:
        line = {"server": server, "operation": operation, "reason": reason, "figures": figures}
        target.write(json.dumps(line) + "\n")


def marks(runs):
    text = ""
    if any(run["bound_by"] == "generator" for run in runs):
        text += GENERATOR[0]
    if any(run["other_cpu_s"] > run["window_s"] / 10 for run in runs):
        text += DISTURBED[0]
    return text


def rows(lines):
    """Each row's name and, for every server, its runs and how to read a figure from one."""
    for operation in dict.fromkeys(line["operation"] for line in lines):
        runs = {server: [line for line in lines if (line["server"], line["operation"]) == (server, operation)]
                for server in SERVERS}
        if operation.startswith("idle"):
            yield operation + ", KB of memory each", runs, lambda run: run["server_rss_bytes_per_client_end"] / 1000
            yield operation + ", µs per client and second", runs, lambda run: run["server_cpu_us_per_op"]
        else:
            yield operation, runs, lambda run: run["server_cpu_us_per_op"]


def cells(runs, read):
    """For each server the median, and how often ours fits into it."""
    ours = None
    for server in SERVERS:
        good = [line["figures"] for line in runs[server] if line["figures"]]
        if not good or any(line["reason"] for line in runs[server]):
            yield next((f"n/a ({line['reason']})" for line in runs[server] if line["reason"]), "n/a")
            if server != "ours":
                yield ""
            continue
        value = statistics.median(map(read, good))
        yield f"{value:.3g}{marks(good)}" if value < 100 else f"{value:.0f}{marks(good)}"
        if server == "ours":
            ours = value
        else:
            yield f"{value / ours:.1f} ×" if ours else ""


def table(results):
    with open(results) as source:
        lines = [json.loads(line) for line in source]
    head = ["operation", SERVERS["ours"]]
    for server in list(SERVERS)[1:]:
        head += [SERVERS[server], "ratio"]
    body = [[name, *cells(runs, read)] for name, runs, read in rows(lines)]
    text = "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *body])
    rounds = max(sum(line["operation"] == other["operation"] for other in lines) for line in lines) // len(SERVERS)
    print(f"{os.cpu_count()} processors ({processor()}), {platform.system()} {platform.release()}; "
          f"medians of {rounds} rounds." if rounds > 1 else
          f"{os.cpu_count()} processors ({processor()}), {platform.system()} {platform.release()}; one round.")
    print("Microseconds of the server's processor time per operation, unless the row says otherwise; "
          "the ratio is to this server.\n")
    print(text)
    for mark, meaning in (GENERATOR, DISTURBED):
        if mark in text:
            print(f"\n{mark} {meaning}.")


def processor():
    with open("/proc/cpuinfo") as source:
        for line in source:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


if __name__ == "__main__":
    if sys.argv[1] == "add":
        add(*sys.argv[2:])
    else:
        table(*sys.argv[2:])
