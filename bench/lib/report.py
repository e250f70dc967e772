"""Medians, spreads, ratios, and the Markdown they are read in."""

import os
import platform
import statistics
from pathlib import Path


def number(value):
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def spread(values):
    return f"{number(min(values))} - {number(max(values))}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def load_table(results, base="lazaret"):
    """`results`: contender -> list of measurements, one a round. The ratio is `base` to the row's contender."""
    middle = {name: statistics.median(m["per_second"] for m in rounds) for name, rounds in results.items()}
    rows = []
    for name, rounds in results.items():
        column = lambda key: [m[key] for m in rounds]  # noqa: E731
        errors = sum(column("errors"))
        ratio = middle[base] / middle[name] if base in middle and middle[name] and name != base else None
        rows.append([rounds[0]["label"], number(middle[name]), spread(column("per_second")),
                     number(statistics.median(column("p50_ms"))), number(statistics.median(column("p99_ms"))),
                     number(None if None in column("cpu_ms") else statistics.median(column("cpu_ms"))),
                     "1" if name == base else number(ratio),
                     str(errors), f"{100 * max(column('generator_share')):.0f} %"])
    return table(["", "per second", "min - max", "p50 ms", "p99 ms", "processor ms each", "Lazaret is x times", "errors",
                  "generator busy"], rows)


def machine(folder):
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 2**20
    device = os.stat(folder).st_dev
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    kind = next((m[m.index("-") + 1] for m in mounts if m[2] == f"{os.major(device)}:{os.minor(device)}"), "unknown")
    return f"{os.cpu_count()} cores ({model}), {memory} GB, Linux {platform.release()}, {kind}"


def shares_table(results):
    """Where the processor time of one request goes, where contender, stores and client share the machine."""
    rows = []
    for rounds in results.values():
        if rounds[0]["cpu_ms"] is not None:
            parts = [statistics.median(column) for column in zip(*(one["shares"] for one in rounds))]
            rows.append([rounds[0]["label"], *map(number, parts), number(sum(parts))])
    return table(["processor ms of one", "itself", "S3", "DynamoDB", "client", "all"], rows)
