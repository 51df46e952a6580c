"""Tries the rules for secret scanners on real tokens and on near ones.

Usage: scanners.py BIN

The tokens are made for the test by a daemon that ends with it. No token is printed: a failure names
lines of the file, by what they hold.
"""

import json
import re
import subprocess
import sys
import tomllib

import yaml

from daemon import ROOT, Daemon, check

FOLDER = ROOT / "Sources/Packaging/scanners"


def changed(token, index):
    """A token with another digit at a place."""
    return token[:index] + ("0" if token[index] != "0" else "1") + token[index + 1 :]


def lines(users, orgs):
    """What each line holds, whether it has a token's shape and its checksum, and its text.

    Each has tokens of its own: detect-secrets tells of one in a file only once.
    """
    user, org = (lambda: next(users)), (lambda: next(orgs))
    yield from ((f"user token {n}", True, True, user()) for n in range(10))
    yield from ((f"org token {n}", True, True, org()) for n in range(10))
    yield "in JSON", True, True, json.dumps({"token": user()})
    yield "in a URL", True, True, f"https://host.example/?token={org()}&page=2"
    yield "behind an underscore", True, True, f"API_TOKEN_{user()}"
    yield "in a longer word", True, True, f"x{org()}9"
    yield "beside another", True, True, user() + org()
    yield "behind half a token", True, True, user()[:30] + org()
    for name, index in [("id", 10), ("secret", 40), ("checksum", 60)]:
        yield f"with another {name}", True, False, changed(user(), index)
    yield "of the other kind", True, False, user().replace("pst_u_", "pst_o_")
    near = user()
    yield "cut by one", False, False, near[:-1]
    yield "in two halves", False, False, near[:30] + " " + near[30:]
    yield "with a sign in it", False, False, near[:30] + "-" + near[31:]
    yield "of no kind", False, False, near.replace("pst_u_", "pst_x_")
    yield "in capitals", False, False, near.upper()
    yield "an id", False, False, "pst_u_" + near[6:28]
    yield "no token", False, False, "pst_team is a name that is valid"


def by_expressions(expressions, keywords, text):
    """The lines that a scanner finds which looks for keywords first, and then by expressions."""
    found = set()
    for number, line in enumerate(text.splitlines()):
        if any(word in line.lower() for word in keywords):
            if any(re.search(expression, line) for expression in expressions):
                found.add(number)
    return found


def by_detect_secrets(path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "detect_secrets",
            "scan",
            "-p",
            str(FOLDER / "detect_secrets_postern.py"),
            path.name,
        ],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(done.stdout)["results"].get(path.name, [])
    return {one["line_number"] - 1 for one in results if one["type"] == "Postern Token"}


def main(binaries):
    with Daemon(binaries) as daemon:
        daemon.call("org", "create", "acme", "--admin", "alice")
        users = (
            daemon.call("token", "issue", "--org", "acme", "--user", "alice").strip()
            for _ in range(99)
        )
        orgs = (
            daemon.call("org-token", "create", f"t{n}", "--org", "acme", "--scope", "api").strip()
            for n in range(99)
        )
        cases = list(lines(users, orgs))
        path = daemon.folder / "leaks.txt"
        path.write_text("".join(f"{text}\n" for _, _, _, text in cases))

        def compare(name, found, column):
            wanted = {number for number, case in enumerate(cases) if case[column]}
            check(
                f"{name} finds {len(wanted)} of {len(cases)} lines, and no other",
                [cases[number][0] for number in sorted(wanted ^ found)],
            )

        text = path.read_text()
        rules = tomllib.loads((FOLDER / "gitleaks.toml").read_text())["rules"]
        detectors = yaml.safe_load((FOLDER / "trufflehog.yml").read_text())["detectors"]
        plain = [rule["regex"] for rule in rules]
        plain += [regex for one in detectors for regex in one["regex"].values()]
        # Both read the syntax of RE2, which knows nothing that begins like this but groups.
        check(
            "their expressions are ones of RE2",
            [one for one in plain if "(?" in one or "\\" in one],
        )
        found = set()
        for rule in rules:
            found |= by_expressions([rule["regex"]], rule["keywords"], text)
        compare("gitleaks' rules: each shape", found, 1)
        for one in detectors:
            found = by_expressions(one["regex"].values(), one["keywords"], text)
            compare("trufflehog's detector: each shape", found, 1)
        compare("detect-secrets: each checksum", by_detect_secrets(path), 2)
        done = daemon.run("scan", "--offline", "--output", "json", str(path))
        scanned = {
            json.loads(line)["line"] - 1 for line in done.stdout.splitlines() if '"line"' in line
        }
        compare("postern scan: the same", scanned, 2)


main(sys.argv[1])
