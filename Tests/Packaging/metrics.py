"""Checks the alert rules and the dashboard against a running daemon and its sources.

Usage: metrics.py BIN

Every metric that a rule, a test of one or a panel names must be one that the daemon or token-metrics
writes, with the labels and the values of labels that it selects by.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from daemon import ROOT, Daemon, check

FOLDER = ROOT / "Sources/Packaging/prometheus"
SUFFIXES = {
    "counter": ["_total"],
    "gauge": [""],
    "info": ["_info"],
    "histogram": ["_bucket", "_sum", "_count"],
}
# What Prometheus and node_exporter add.
OTHERS = {"node_textfile_mtime_seconds": {"file"}}
TARGET_LABELS = {"instance", "job"}
KEYWORDS = set("by without on ignoring group_left group_right bool offset and or unless".split())


def families(text):
    """The samples that a text of metrics may have, by the `# TYPE` lines, with their labels."""
    found = {}
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M):
        for suffix in SUFFIXES[kind]:
            found[name + suffix] = {"le"} if suffix == "_bucket" else set()
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.M):
        found[name] |= set(re.findall(r'(\w+)="', labels))
    return found


def families_of_sources():
    """The same, of the calls that write them: with the fleet's, which need a database to run."""
    found, code = {}, ""
    for path in sorted((ROOT / "Sources/Services").rglob("*Metrics*.swift")):
        code += path.read_text()
    for part in code.split("text.family(")[1:]:
        name, kind = re.match(r'\s*"(\w+)",\s*\.(\w+)', part).groups()
        labels = set(re.findall(r'\("(\w+)",', part)) - {"max-usage-keys"}
        for suffix in SUFFIXES[kind]:
            found[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found


def selectors(expression):
    """The metrics that an expression of PromQL names, each with its matchers of labels."""
    text = re.sub(r"\$__rate_interval", "5m", expression)
    grouped = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
    for found in re.finditer(r"(\w+)\s*(\{[^}]*\})?(\s*\()?", grouped.sub(" ", text)):
        name, matchers, call = found.groups()
        quoted = text.count('"', 0, found.start()) % 2
        if call or quoted or name in KEYWORDS or not re.match(r"[a-z_]", name) or "_" not in name:
            continue
        yield name, re.findall(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"', matchers or "")


def wrong(expression, known, words):
    """What an expression selects that nothing writes, as sentences."""
    sentences = []
    names = list(selectors(expression))
    if not names:
        sentences.append(f"no metric is found in `{expression}`")
    for name, matchers in names:
        if name not in known:
            sentences.append(f"nothing writes the metric `{name}`")
            continue
        for label, operator, value in matchers:
            if label not in known[name] | TARGET_LABELS:
                sentences.append(f"`{name}` has no label `{label}`")
            if label in {"status", "condition", "reason", "answering", "outcome"}:
                for word in value.split("|"):
                    if word not in words:
                        sentences.append(f"`{name}` has no `{label}` that is `{word}`")
    return sentences


def written(name):
    """What a YAML file of Prometheus has."""
    return yaml.safe_load((FOLDER / name).read_text())


def dashboard_problems(dashboard):
    """What Grafana would stumble over, as sentences."""
    sentences, taken, ids = [], {}, set()
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    for panel in dashboard["panels"]:
        title, place = panel["title"], panel["gridPos"]
        if panel["id"] in ids:
            sentences.append(f"{title}: its id is another panel's too")
        ids.add(panel["id"])
        if place["x"] + place["w"] > 24:
            sentences.append(f"{title}: it is beyond the right edge")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in taken:
                    sentences.append(f"{title}: it covers {taken[x, y]}")
                taken[x, y] = title
        if panel["type"] == "row":
            continue
        if not panel.get("description") or not panel["fieldConfig"]["defaults"].get("unit"):
            sentences.append(f"{title}: it has no description or no unit")
        references = [target["refId"] for target in panel["targets"]]
        if not references or len(set(references)) < len(references):
            sentences.append(f"{title}: it has no queries, or two of one name")
        for used in re.findall(r"\$\{?(\w+)", json.dumps(panel)):
            if used not in variables | {"__rate_interval"}:
                sentences.append(f"{title}: nothing defines ${used}")
    return sentences


def lost(given, kept, path="dashboard"):
    """What of a value another one has not, or has otherwise, as paths."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [
            found for key in given for found in lost(given[key], kept.get(key), f"{path}.{key}")
        ]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        return [
            found
            for n, (one, other) in enumerate(zip(given, kept))
            for found in lost(one, other, f"{path}[{n}]")
        ]
    return [] if given == kept else [path]


def unknown_to_grafana(dashboard):
    """The fields that Grafana's types do not keep."""
    register_default_plugins()
    kept = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    return lost(dashboard, kept)


def promtool(*arguments, folder=FOLDER):
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def live_families(binaries):
    """What a daemon and token-metrics write after some calls."""
    with Daemon(binaries, "--usage-interval", "1", "--metrics-interval", "1") as daemon:
        daemon.call("org", "create", "acme", "--admin", "alice")
        issued = daemon.call(
            "org-token", "create", 'a"b', "--org", "acme", "--scope", "ingest", "--ttl", "5d"
        )
        daemon.call("org-token", "rotate", 'a"b', "--org", "acme", "--grace", "1d")
        daemon.call("token", "validate", "-", given=issued)
        daemon.wait_for(
            '"previous_secret_use_count":"1"',
            "org-token",
            "show",
            'a"b',
            "--org",
            "acme",
            "--output",
            "json",
        )
        text = daemon.call("metrics")
        path = daemon.folder / "tokens.prom"
        subprocess.run(
            [FOLDER / "token-metrics", path],
            check=True,
            env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", **daemon.environment},
        )
        tokens = path.read_text()
        daemon.wait_for_file(daemon.metrics_file, "postern_build_info")
        for name in [daemon.metrics_file, path]:
            lint = subprocess.run(
                ["promtool", "check", "metrics"],
                input=name.read_text(),
                capture_output=True,
                text=True,
            )
            check(f"promtool reads {name.name}", lint.stdout + lint.stderr)
    check(
        "token-metrics tells of both tokens' ends and of the last use",
        (
            ""
            if len(re.findall(r'^postern_\w+\{.*name="a\\"b".*\} 1\d{9}$', tokens, re.M)) == 3
            else tokens
        ),
    )
    return families(text), families(tokens)


def main(binaries):
    live, tokens = live_families(binaries)
    sources = families_of_sources()
    fleet = {name for name in sources if name.startswith("postern_fleet_")}
    check("the sources write what a daemon says", sorted(set(live) ^ (set(sources) - fleet)))
    check("with the same labels", [name for name in live if not live[name] <= sources[name]])

    known = {**sources, **tokens, **OTHERS}
    swift = [
        path.read_text()
        for path in (ROOT / "Sources").rglob("*.swift")
        if "Generated" not in path.parts
    ]
    words = set(re.findall(r'"([\w-]+)"', "\n".join(swift)))
    rules = [rule for group in written("postern.rules.yml")["groups"] for rule in group["rules"]]
    problems = {rule["alert"]: wrong(rule["expr"], known, words) for rule in rules}
    check(f"{len(rules)} rules name what there is", {k: v for k, v in problems.items() if v})
    check(
        "a rule with another name would be found",
        "" if wrong("postern_ledger_bites > 1", known, words) else "it is not",
    )
    check(
        "and one with another label, or another value of it",
        (
            ""
            if wrong('postern_calls_total{code="OK"} > 1', known, words)
            and wrong('postern_fleet_condition{condition="folowing"} > 1', known, words)
            else "it is not"
        ),
    )

    tests = written("postern.rules.test.yml")["tests"]
    series = [one["series"] for test in tests for one in test["input_series"]]
    check(
        f"{len(series)} series of tests are what there is",
        [found for one in series for found in wrong(one, known, words - {"M", "N"})],
    )
    fired = {
        one["alertname"] for test in tests for one in test["alert_rule_test"] if one["exp_alerts"]
    }
    check("each alert fires in a test", sorted({rule["alert"] for rule in rules} ^ fired))
    check(
        "promtool reads the rules", promtool("check", "rules", "--lint-fatal", "postern.rules.yml")
    )
    check("promtool's tests pass", promtool("test", "rules", "postern.rules.test.yml"))

    dashboard = json.loads((FOLDER / "postern.dashboard.json").read_text())
    expressions = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ]
    check("Grafana's types know every field of the dashboard", unknown_to_grafana(dashboard))
    check(
        "and would not know another",
        (
            ""
            if unknown_to_grafana({**dashboard, "pannels": []}) == ["dashboard.pannels"]
            else "they do"
        ),
    )
    check("panels stand beside one another, each whole", dashboard_problems(dashboard))
    check(
        f"{len(expressions)} expressions of panels name what there is",
        [found for one in expressions for found in wrong(one, known, words)],
    )
    with tempfile.TemporaryDirectory() as folder:
        recorded = [
            {"record": f"panel:{number}", "expr": one.replace("$__rate_interval", "5m")}
            for number, one in enumerate(expressions)
        ]
        (Path(folder) / "panels.yml").write_text(
            json.dumps({"groups": [{"name": "panels", "rules": recorded}]})
        )
        check("promtool reads them", promtool("check", "rules", "panels.yml", folder=folder))


main(sys.argv[1])
