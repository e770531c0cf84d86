"""The table at the end: what was asked of the server, what came of it, and whether that is well."""

MEBIBYTE = 1 << 20


class Verdict:
    """Rows of a table; one bad row makes a bad run."""

    def __init__(self):
        self.rows = []

    def check(self, what, found, wanted, is_well):
        self.rows.append((what, str(found), wanted, "ok" if is_well else "FAILED"))

    def tell(self, what, found):
        """A figure that is not judged."""
        self.rows.append((what, str(found), "", ""))

    @property
    def failures(self):
        return sum(row[3] == "FAILED" for row in self.rows)

    @property
    def failed(self):
        """The names of the rows that are not well."""
        return {row[0] for row in self.rows if row[3] == "FAILED"}

    def __str__(self):
        rows = [("what", "found", "wanted", ""), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def judge_messages(verdict, world):
    """Nothing lost, doubled or reordered, and there was something that could have been."""
    findings = world.findings
    verdict.tell("messages sent", f"{world.messages_sent:,}")
    verdict.tell("messages delivered to members", f"{findings.messages_seen:,}")
    verdict.check("messages that had to be seen", f"{findings.messages_due:,}", "> 0", findings.messages_due > 0)
    stock = sum(reference.messages_seen for reference in world.references)
    verdict.check("seen by stock clients", f"{stock:,}", "> 0", stock > 0)
    for kind in ("lost", "doubled", "reordered", "damaged"):
        verdict.check(f"messages {kind}", findings.counts.get(kind, 0), "0", not findings.counts.get(kind))
    verdict.tell("lives of clients", f"{world.lives:,}")
    verdict.tell("upgrades given up because the driver was slow", f"{world.slow_upgrades:,}")
    if world.recovery_seconds:
        verdict.check("connections recovered", f"{world.recovered:,}", "> 0", world.recovered > 0)
        verdict.tell("not recovered, having gone between two polls", f"{world.not_recovered:,}")
    for kind, count in sorted(findings.counts.items()):
        if kind not in ("lost", "doubled", "reordered", "damaged"):
            verdict.check(kind, count, "0", False)


def judge_limits(verdict, world, crowding, before, after):
    """Whoever goes too far is stopped, and it is counted."""

    def grown(name):
        return after["metrics"].get(name, 0) - before["metrics"].get(name, 0)

    overflown = grown("engineio.limit_reached{outboxBytes}")
    verdict.check("stalled clients ended", overflown, f">= {world.stalled}", overflown >= world.stalled)
    waiting = world.actions["half upgrade: silent"] + world.actions["half upgrade: probe only"]
    timed_out = grown("engineio.limit_reached{upgradeTimeout}")
    # Those that were under way when everybody had to go home are not waited for.
    verdict.check("half upgrades timed out", timed_out, f"about {waiting}", waiting == 0 or timed_out > 0)
    for what, refused, name in (
        ("connections", crowding.refused_connections, "connectionsPerAddress"),
        ("handshakes", crowding.refused_handshakes, "handshakesPerSecondPerAddress"),
    ):
        counted = grown(f"engineio.limit_reached{{{name}}}")
        # When the driver is slow, connections that were let in end by their timeout, which looks the same to it.
        is_well = refused > 0 and 0 < counted <= refused
        verdict.check(f"{what} of crowding addresses refused", refused, f"{counted} counted", is_well)


# Pools of threads grow and shrink as they like.
SPARE_THREADS = 2


def judge_leaks(verdict, fresh, before, after):
    """What the server keeps is what it kept before anybody came; what is opened once was opened for the warm-up."""
    for what, was in sorted(fresh["kept"].items()):
        verdict.check(f"{what} left behind", after["kept"][what], f"{was}", after["kept"][what] <= was)
    for what, spare in (("descriptors", 0), ("threads", SPARE_THREADS)):
        limit = before[what] + spare
        verdict.check(f"{what} at the end", after[what], f"<= {limit}", after[what] <= limit)


def judge_memory(verdict, start, end, is_judged):
    """The memory after all have left, against that after a crowd of the same size had come and gone before."""
    for what, limit in (("resident", 1.10), ("heap", None)):
        (was, is_now) = (start[what], end[what])
        if was is None or is_now is None:
            verdict.tell(f"memory, {what}", "not known")
            continue
        text = f"{is_now / MEBIBYTE:.1f} MiB"
        wanted = f"<= {was / MEBIBYTE:.1f} MiB + 10 %"
        if limit is None or not is_judged:
            verdict.tell(f"memory, {what}", f"{text}, at the start {was / MEBIBYTE:.1f} MiB")
        else:
            verdict.check(f"memory, {what}", text, wanted, is_now <= was * limit)


def judge_stalls(verdict, stalls, limit):
    """How long an event loop was kept from its work; what the system's scheduler did is not the server's fault."""
    for name, text in (("whole", "gap of an event loop"), ("own", "the same without waiting for processors")):
        gap = stalls[name]
        figures = "{maximum:.1f} ms (median {median:.1f}, 99 % {p99:.1f}, 99.9 % {p999:.1f})".format(**gap)
        if name == "own" and limit:
            verdict.check(text, figures, f"< {limit:g} ms", gap["count"] > 0 and gap["maximum"] < limit)
        else:
            verdict.tell(text, figures)
    for gap in stalls["worst"][:3]:
        parts = {name: gap.get(name, 0) / 1e6 for name in ("gap", "waited", "ran", "othersWaited")}
        verdict.tell(
            "one of the longest",
            "{gap:.0f} ms: {waited:.0f} waiting for a processor, {ran:.0f} running; "
            "another thread waited {othersWaited:.0f}".format(**parts),
        )
