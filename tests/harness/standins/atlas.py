#!/usr/bin/env python3
"""A stand-in for the Atlas CLI: prints what the community build prints, in the same words, and touches no database.

Atlas has no installable package. This program reads `atlas.hcl` and `migrations/` of the working folder, remembers
applied versions in `.atlas-state.json`, and prints the real texts (github.com/ariga/atlas, cmd/atlas/internal/cmdlog and
cmdapi, community build of June 2026) with fixed durations. A migration that contains `-- stand-in: fail MESSAGE` fails
with that driver message. A URL whose password contains `Wrong` is refused as by a server.
"""

import base64
import hashlib
import json
import os
import re
import sys
from pathlib import Path

STATE = Path(".atlas-state.json")
RULE = "  -------------------------"
VALUED = {"--env", "--url", "-u", "--dev-url", "--to", "--from", "--dir", "--var", "-c", "--config", "--latest", "--format",
          "--exclude", "--schema", "-s", "--tx-mode", "--to-version", "-f", "--git-base"}  # fmt: skip


def parse(argv):
    words, flags = [], {}
    index = 0
    while index < len(argv):
        word = argv[index]
        name, has, value = word.partition("=")
        if word in VALUED:
            index += 1
            flags[word] = argv[index]
        elif word.startswith("-"):
            flags[name] = value if has else "true"
        else:
            words.append(word)
        index += 1
    return words, flags


def fail(text):
    print(f"Error: {text}", file=sys.stderr)
    raise SystemExit(1)


def environment(flags):
    name = flags.get("--env")
    if not name:
        return {}
    text = Path("atlas.hcl").read_text() if Path("atlas.hcl").exists() else ""
    block = re.search(f'env "{re.escape(name)}" ' + r"\{(.*?)\n\}", text, re.S)
    if not block:
        fail(f'env "{name}" not defined in config file')
    found = {}
    for key, value in re.findall(r"^\s*(url|dev)\s*=\s*(.+)$", block.group(1), re.M):
        variable = re.match(r'getenv\("(\w+)"\)', value)
        found[key] = os.environ.get(variable.group(1), "") if variable else value.strip().strip('"')
    return found


def target(flags):
    url = flags.get("--url") or flags.get("-u") or environment(flags).get("url", "")
    if not url:
        fail('required flag "url" not set')
    bad = re.search(r"%(?![0-9A-Fa-f]{2})..?", url)
    if bad:
        fail(f'sql/sqlclient: parse open url: invalid URL escape "{bad.group(0)}"')
    slash = re.match(r"\w+://[^/@:]+:([^/@]*)/[^@]*@", url)
    if slash:
        fail(f'sql/sqlclient: parse open url: invalid port ":{slash.group(1)}" after host')
    if "Wrong" in url:
        user = re.match(r"\w+://([^:]+):", url).group(1)
        fail(f'postgres: scanning system variables: pq: password authentication failed for user "{user}" (28P01)')
    return url


def files():
    return sorted(Path("migrations").glob("*.sql"))


def version(path):
    return path.name.split("_")[0]


def statements(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("--")]
    return [part.strip() for part in re.findall(r"[^;]+;", "\n".join(lines)) if part.strip(" ;\n")]


def count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")


def state():
    return json.loads(STATE.read_text()) if STATE.exists() else {}


def applied(url):
    return state().get(hashlib.sha256(url.encode()).hexdigest()[:12], [])


def remember(url, versions):
    everything = state()
    everything[hashlib.sha256(url.encode()).hexdigest()[:12]] = versions
    STATE.write_text(json.dumps(everything))


def apply(words, flags):
    if "://" in flags.get("--dir", "") and not flags["--dir"].startswith("file://"):
        fail(f'parse dir-url: parse "{flags["--dir"]}": invalid URL escape "%zz"')
    url = target(flags)
    done = applied(url)
    pending = [path for path in files() if version(path) not in done]
    if words[2:]:
        pending = pending[: int(words[2])]
    if not pending:
        print("No migration files to execute")
        return
    start = f" from {done[-1]}" if done else ""
    print(f"Migrating to version {version(pending[-1])}{start} ({len(pending)} migrations in total):\n")
    total = 0
    for path in pending:
        error = execute(path)
        total += len(statements(path))
        if error:
            finish(pending.index(path), total, error)
        done = [*done, version(path)]
        if "--dry-run" not in flags:
            remember(url, done)
    print(f"{RULE}\n  -- 18.522816ms\n  -- {count(len(pending), 'migration')}\n  -- {count(total, 'sql statement')}")


def execute(path):
    print(f"  -- migrating version {version(path)}")
    reason = re.search(r"^-- stand-in: fail (.+)$", path.read_text(), re.M)
    todo = statements(path)
    for index, statement in enumerate(todo):
        print("    -> " + statement.replace("\n", "\n       "))
        if reason and index == len(todo) - 1:
            print(f"    {reason.group(1)}\n")
            return f'executing statement "{statement}" from version "{version(path)}": {reason.group(1)}'
    print("  -- ok (3.792847ms)\n")
    return ""


def finish(ok, total, error):
    summary = f"{count(ok, 'migration')} ok, 1 with errors" if ok else "1 migration with errors"
    print(f"{RULE}\n  -- 3.410126ms\n  -- {summary}")
    print(
        f"  -- {count(total - 1, 'sql statement')} ok, 1 with errors"
        if total > 1
        else "  -- 1 sql statement with errors"
    )
    sys.stdout.flush()
    fail(f"sql/migrate: {error}")


def status(words, flags):
    url = target(flags)
    if "URL" in flags.get("--format", ""):
        print(url)
        return
    done = applied(url)
    pending = [version(path) for path in files() if version(path) not in done]
    print(f"Migration Status: {'PENDING' if pending else 'OK'}")
    print(f"  -- Current Version: {done[-1] if done else 'No migration applied yet'}")
    print(f"  -- Next Version:    {pending[0] if pending else 'Already at latest version'}")
    print(f"  -- Executed Files:  {len(done)}\n  -- Pending Files:   {len(pending)}")


def checksum(paths):
    digests = [(p.name, "h1:" + base64.b64encode(hashlib.sha256(p.read_bytes()).digest()).decode()) for p in paths]
    total = base64.b64encode(hashlib.sha256("".join(d for _, d in digests).encode()).digest()).decode()
    Path("migrations/atlas.sum").write_text(f"h1:{total}\n" + "".join(f"{name} {digest}\n" for name, digest in digests))


def diff(words, flags):
    planned = Path(".atlas-planned.sql")
    if not planned.exists():
        print("The migration directory is synced with the desired state, no changes to be made")
        return
    name = f"{os.environ.get('ATLAS_STAND_IN_VERSION', '20261120100000')}_{words[2] if words[2:] else 'change'}.sql"
    Path("migrations").mkdir(exist_ok=True)
    planned.rename(Path("migrations") / name)
    checksum(files())


def lint(words, flags):
    latest = int(flags.get("--latest", "1"))
    chosen = files()[-latest:]
    before = files()[: -latest or None]
    start = f"from version {version(before[-1])} to" if before else "until version"
    print(f"Analyzing changes {start} {version(chosen[-1])} ({count(len(chosen), 'migration')} in total):\n")
    errors = 0
    for path in chosen:
        print(f"  -- analyzing version {version(path)}")
        drop = re.search(r"DROP COLUMN \"?(\w+)", path.read_text())
        errors += bool(drop)
        print("    -- destructive changes detected:" if drop else "    -- no diagnostics found")
        if drop:
            print(f'      -- L1: Dropping non-virtual column "{drop.group(1)}" https://atlasgo.io/lint/analyzers#DS103')
            print(f'    -- suggested fix:\n      -> Add a pre-migration check to ensure column "{drop.group(1)}" is NULL '
                  "before dropping it")  # fmt: skip
        print("  -- ok (31.036µs)\n")
    good = len(chosen) - errors
    print(f"{RULE}\n  -- 44.320073ms")
    print(f"  -- {count(good, 'version')} ok" + (f", {errors} with errors" if errors else "") if good
          else f"  -- {count(errors, 'version')} with errors")  # fmt: skip
    print(f"  -- {count(len(chosen), 'schema change')}")
    raise SystemExit(1 if errors else 0)


def inspect(words, flags):
    url = target(flags)
    if ".RedactedURL" in flags.get("--format", ""):
        print(re.sub(r"://([^:]+):[^@]+@", r"://\1:xxxxx@", url))
    elif ".URL" in flags.get("--format", ""):
        print(url)
    else:
        print('table "posts" {\n  schema = schema.public\n  column "id" {\n    null = false\n    type = serial\n  }\n'
              '  primary_key {\n    columns = [column.id]\n  }\n}\nschema "public" {\n  comment = "standard public schema"\n}')  # fmt: skip


def schema_apply(words, flags):
    target(flags)
    planned = Path(".atlas-planned.sql")
    if not planned.exists():
        print("Schema is synced, no changes to be made")
        return
    print('-- Planned Changes:\n-- Modify "posts" table\n' + planned.read_text().strip())
    if "--dry-run" not in flags:
        planned.unlink()


def tests(words, flags):
    # only the official build has this command
    print("Abort: 'atlas migrate test' is not supported by the community version.", file=sys.stderr)
    raise SystemExit(1)


COMMANDS = {
    ("migrate", "apply"): apply,
    ("migrate", "status"): status,
    ("migrate", "diff"): diff,
    ("migrate", "lint"): lint,
    ("migrate", "test"): tests,
    ("migrate", "hash"): lambda words, flags: checksum(files()),
    ("migrate", "validate"): lambda words, flags: None,
    ("schema", "inspect"): inspect,
    ("schema", "apply"): schema_apply,
}


def main():
    words, flags = parse(sys.argv[1:])
    if words == ["version"]:
        print("atlas community version v0.0.0-stand-in")
        return
    COMMANDS[tuple(words[:2])](words, flags)


if __name__ == "__main__":
    main()
