"""No fault of the store, the carrier or our own code is swallowed without a line."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
BROAD = {"Exception", "BaseException", "CallcrmError", "Unavailable", "StoreDown", "SpoolDown", "StorageDown"}
# Where nothing need be said, by file and function, and why.
QUIET = {
    ("callcrm/api/events.py", "_pieces"): "the stream ends, and the client comes again",
    ("callcrm/api/events.py", "_still_good"): "asked again after a moment",
    ("callcrm/cli/checks/consistency.py", "check_agents_numbers"): "the store has a check of its own",
    ("callcrm/demo/story/call_watcher.py", "run"): "polled again at once",
    ("callcrm/live/hub.py", "_missed"): "the stream ends, and the client comes again",
    ("callcrm/store/postgres/transactors.py", "_roll_back"): "what broke the transaction is the result",
    ("callcrm/store/postgres/transactors.py", "_was_committed"): "asked again, until StoreUndecided says so",
    ("callcrm/web/desk/live_stream.py", "_events"): "the stream ends, and the client comes again",
    ("callcrm/web/session/login.py", "login_page"): "the answer is 503",
    ("callcrm/web/session/login.py", "sign_in"): "the answer is 503",
}


def handlers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The function and line of each handler of a broad fault that says nothing of it."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.ExceptHandler) and _names(node.type) & BROAD and not _speaks(node):
                yield function.name, node.lineno
            if isinstance(node, ast.With | ast.AsyncWith) and _suppressed(node) & BROAD:
                yield function.name, node.lineno


def _suppressed(block: ast.With | ast.AsyncWith) -> set[str]:
    """The exceptions that a `with suppress(…)` swallows."""
    calls = [item.context_expr for item in block.items if isinstance(item.context_expr, ast.Call)]
    return {ast.unparse(each) for call in calls if ast.unparse(call.func) == "suppress" for each in call.args}


def _names(kind: ast.expr | None) -> set[str]:
    """The exceptions that are caught; without any, all."""
    return {node.id for node in ast.walk(kind) if isinstance(node, ast.Name)} if kind else {"Exception"}


def _speaks(handler: ast.ExceptHandler) -> bool:
    """Whether the fault is raised, logged, or passed on."""
    nodes = [node for statement in handler.body for node in ast.walk(statement)]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    raised = any(isinstance(node, ast.Raise) for node in nodes)
    return raised or "log" in used or (handler.name or "") in used


def test_no_fault_is_swallowed_without_a_line() -> None:
    silent = {
        (str(path.relative_to(ROOT)), function)
        for folder in ("callcrm", "webhooks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for function, _ in handlers(ast.parse(path.read_text()))
    }
    assert silent == QUIET.keys()
