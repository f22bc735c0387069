#!/usr/bin/env python3
"""A stand-in for Neon's MCP server on stdio: the real server's tool names and result texts, invented values.

Only the standard library, since Codex starts it with whatever Python there is. Values come from one JSON argument:
{"password": …, "host": …, "project": …, "branch": …, "role": …, "database": …}; `broken_url`, `structured` and `stderr`
(a text for standard error at the start) change its behaviour.
Texts follow github.com/neondatabase/mcp-server-neon (mcp/tools/handlers), with its line order and labels.
"""

import json
import sys

SETTINGS = {
    "password": "npg_FakeUnset000",
    "host": "ep-fake-dawn-a1b2c3d4.us-east-2.aws.neon.tech",
    "project": "fake-meadow-12345678",
    "branch": "br-fake-dawn-a1b2c3d4",
    "main": "br-fake-root-e5f6a7b8",
    "role": "neondb_owner",
    "database": "neondb",
}
TOOLS = {
    "list_projects": [],
    "list_organizations": [],
    "create_project": ["name"],
    "delete_project": ["projectId"],
    "describe_project": ["projectId"],
    "create_branch": ["projectId", "branchName"],
    "delete_branch": ["projectId", "branchId"],
    "reset_from_parent": ["projectId", "branchIdOrName"],
    "describe_branch": ["projectId", "branchId"],
    "list_branch_computes": ["projectId", "branchId"],
    "get_connection_string": ["projectId", "branchId", "databaseName", "roleName"],
    "run_sql": ["sql", "projectId", "branchId", "databaseName"],
    "run_sql_transaction": ["sqlStatements", "projectId", "branchId", "databaseName"],
    "prepare_database_migration": ["migrationSql", "projectId", "databaseName"],
    "complete_database_migration": ["migrationId", "projectId", "applyChanges"],
    "describe_table_schema": ["tableName", "projectId"],
    "get_database_tables": ["projectId"],
    "compare_database_schema": ["projectId", "branchId"],
    "provision_neon_auth": ["projectId", "branchId"],
}


def uri():
    s = SETTINGS
    return (
        f"postgresql://{s['role']}:{s['password']}@{s['host']}/{s['database']}?sslmode=require&channel_binding=require"
    )


def create_project(args):
    s = SETTINGS
    return (
        f'Your Neon project is created and is ready.\nThe project_id is "{s["project"]}"\n'
        f'The branch name is "main" and the branch id is "{s["main"]}"\nURI: {uri()}\nProject ID: {s["project"]}\n'
        f"Branch ID: {s['main']}\nDatabase: {s['database']}\nRole: {s['role']}\n\n"
        f'To connect with psql: psql "{uri()}"\n'
    )


def create_branch(args):
    s = SETTINGS
    return (
        f"Branch created successfully.\nProject ID: {s['project']}\nBranch ID: {s['branch']}\n"
        f"Branch name: {args.get('branchName', 'dev')}\nParent branch: {s['main']}\n"
    )


def get_connection_string(args):
    s = SETTINGS
    return (
        f"Connection string details:\nURI: {uri()}\nProject ID: {s['project']}\nDatabase: {s['database']}\n"
        f"Role: {s['role']}\nBranch ID: {args.get('branchId', s['main'])}\nUsing default compute\n"
    )


def list_branch_computes(args):
    s = SETTINGS
    compute = {"compute_id": s["host"].split(".")[0], "host": s["host"], "branch_id": args.get("branchId", s["branch"])}
    return json.dumps([compute], indent=2)


def prepare(args):
    s = SETTINGS
    context = {
        "migrationId": "mig-fake-0001",
        "migrationSql": args.get("migrationSql", ""),
        "databaseName": s["database"],
        "projectId": s["project"],
        "temporaryBranchId": s["branch"],
        "temporaryBranchName": "mcp-migration-2026-11-20T10-00-00",
        "parentBranchId": s["main"],
    }
    return "Migration created successfully in a temporary branch.\n" + json.dumps(context, indent=2)


def complete(args):
    if args.get("applyChanges") is False:
        return f"Migration cancelled. Temporary branch {SETTINGS['branch']} deleted."
    return f"Migration applied successfully to parent branch. Temporary branch {SETTINGS['branch']} deleted."


def delete_branch(args):
    return f"Branch deleted successfully.\nProject ID: {SETTINGS['project']}\nBranch ID: {args.get('branchId')}"


def auth(args):
    return (
        "Authentication has been successfully provisioned for your Neon project and branch.\n"
        f"NEXT_PUBLIC_STACK_PROJECT_ID='{SETTINGS.get('auth_project', 'fake0000-0000-4000-8000-000000000000')}'\n"
        f"NEXT_PUBLIC_STACK_PUBLISHABLE_CLIENT_KEY='{SETTINGS.get('publishable', 'pck_fake')}'\n"
        f"STACK_SECRET_SERVER_KEY='{SETTINGS.get('server_key', 'ssk_fake')}'\n"
    )


ANSWERS = {
    "create_project": create_project,
    "create_branch": create_branch,
    "delete_branch": delete_branch,
    "get_connection_string": get_connection_string,
    "list_branch_computes": list_branch_computes,
    "prepare_database_migration": prepare,
    "complete_database_migration": complete,
    "provision_neon_auth": auth,
    "reset_from_parent": lambda args: f"Branch reset from parent successfully.\nBranch ID: {SETTINGS['branch']}",
    "list_projects": lambda args: json.dumps([{"id": SETTINGS["project"], "name": "shop"}], indent=2),
}


def call(name, args):
    if name in ("run_sql", "run_sql_transaction") and SETTINGS.get("broken_url"):
        # what the serverless driver says about a quoted URL: the URL itself
        text = f'NeonDbError: Error connecting to database: Invalid URL: "{uri()}"'
        return {"content": [{"type": "text", "text": text}], "isError": True}
    if name == "describe_branch" and SETTINGS.get("gone"):
        return {"content": [{"type": "text", "text": "NotFoundError: branch not found"}], "isError": True}
    text = ANSWERS.get(name, lambda a: "[]")(args)
    result = {"content": [{"type": "text", "text": text}]}
    if SETTINGS.get("structured"):
        result["structuredContent"] = {"result": text}
    return result


def reply(message):
    method, params = message.get("method"), message.get("params") or {}
    if method == "initialize":
        info = {"name": "mcp-server-neon", "version": "0.0.0-stand-in"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [schema(name, keys) for name, keys in TOOLS.items()]}
    if method == "tools/call":
        arguments = params.get("arguments") or {}
        return call(params["name"], arguments.get("params", arguments))
    return {}


def schema(name, keys):
    properties = {key: {} if key in ("applyChanges", "sqlStatements") else {"type": "string"} for key in keys}
    shape = {"type": "object", "properties": properties, "additionalProperties": True}
    return {"name": name, "description": name.replace("_", " "), "inputSchema": shape}


def main():
    if len(sys.argv) > 1:
        SETTINGS.update(json.loads(sys.argv[1]))
    if SETTINGS.get("stderr"):
        print(SETTINGS["stderr"], file=sys.stderr, flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("id") is not None:
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": reply(message)}
            print(json.dumps(answer, separators=(",", ":"), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
