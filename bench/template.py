"""How long a template takes to be read, compiled and evaluated, and how much memory it takes.

    python bench/template.py [RESOURCES...]

Each row is a process of its own, so that peaks of memory don't add up; times are of the processor,
the best of three.
"""

import json
import re
import subprocess
import sys
import time

import yaml

SIZES = (100, 1000, 5000)


def template(count):
    """Return a map with so many servers, each with calls of five functions."""
    resources = {}
    for n in range(count):
        properties = {
            "name": {
                "str_replace": {
                    "template": "srv-$n-%p",
                    "params": {"$n": str(n), "%p": {"get_param": "prefix"}},
                }
            },
            "flavor": "m1.small",
            "image": {"get_param": "image"},
            "networks": [{"network": "net"}],
            "metadata": {"role": "web", "n": n},
        }
        if n % 10:
            properties["networks"].append({"port": {"get_resource": f"r{n - 1}"}})
            properties["metadata"]["peer"] = {"get_attr": [f"r{n - 1}", "first_address"]}
        resources[f"r{n}"] = {
            "type": "OS::Nova::Server",
            "properties": properties,
            "depends_on": [f"r{n - 10}"] if n >= 10 else [],
        }
    return {
        "heat_template_version": "2018-08-31",
        "parameters": {
            "prefix": {"type": "string", "default": "x"},
            "image": {"type": "string", "default": "cirros"},
        },
        "resources": resources,
        "outputs": {"first": {"value": {"get_attr": ["r0", "first_address"]}}},
    }


def measure(form, count):
    """Return one row of figures."""
    from heat.template.evaluate import NothingKnown, bind
    from heat.template.load import load
    from heat.template.parameters import values
    from heat.template.text import parse

    text = sys.stdin.read()
    before = peak()
    row = {"form": form, "resources": count, "kB": len(text) // 1024}
    row["parse"], _ = best(lambda: parse(text, "template"))
    row["load"], loaded = best(lambda: load(text))
    row["bind"], bound = best(
        lambda: bind(loaded, values(loaded.parameters, {}, {})[0], stack_name="s")
    )
    facts = NothingKnown()
    row["evaluate"], _ = best(
        lambda: [bound.value(r.properties, facts) for r in bound.resources.values()]
    )
    row["problems"], found = best(bound.problems)
    assert not found
    row["MB"] = (peak() - before) // 1024
    return row


def peak():
    """Return the most memory this process has held, in kB."""
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def best(act):
    """Return the least time of three, and what was made."""
    times = []
    made = None
    for _ in range(3):
        made = None
        began = time.process_time()
        made = act()
        times.append(time.process_time() - began)
    return min(times), made


def main(arguments):
    if arguments[:1] == ["--row"]:
        print(json.dumps(measure(arguments[1], int(arguments[2]))))
        return
    columns = ["form", "resources", "kB", "parse", "load", "bind", "evaluate", "problems", "MB"]
    print("| " + " | ".join(columns) + " |")
    print("|" + " --- |" * len(columns))
    for form in ("yaml", "json"):
        for count in map(int, arguments or SIZES):
            command = [sys.executable, __file__, "--row", form, str(count)]
            raw = template(count)
            text = json.dumps(raw) if form == "json" else yaml.dump(raw, Dumper=yaml.CSafeDumper)
            done = subprocess.run(command, check=True, capture_output=True, text=True, input=text)
            row = json.loads(done.stdout)
            cells = [f"{row[c]:.3f}" if isinstance(row[c], float) else str(row[c]) for c in columns]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
