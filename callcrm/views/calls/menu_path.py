"""The path of a caller through the menus, in words."""

from collections.abc import Iterable

from callcrm.i18n.labels import queue
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.model import LANGUAGE_MENU, ChoiceKind, Flow, Flows
from callcrm.models import Call


def menu_path(locale: Locale, flows: Flows, call: Call) -> list[str]:
    """What the caller chose in each menu, in order; the choice of a language is left out."""
    path = [(str(step.get("node") or ""), str(step.get("input") or "")) for step in call.ivr_path]
    return path_in_words(locale, flows.for_number(call.to_e164), path)


def path_in_words(locale: Locale, flow: Flow | None, path: Iterable[tuple[str, str]]) -> list[str]:
    """What was chosen in each menu of a flow, by its name and the keys pressed there."""
    steps = (_step(locale, flow, node, keys) for node, keys in path)
    return [step for step in steps if step]


def _step(locale: Locale, flow: Flow | None, node: str, keys: str) -> str:
    if node == LANGUAGE_MENU:
        return ""
    if keys.startswith("0"):
        return locale._("The operator")
    menu = flow.menus.get(node) if flow else None
    choice = menu.choices.get(keys) if menu else None
    if choice is None:
        return locale._("Nothing pressed") if not keys else locale._("Key %(key)s", key=locale.digits(keys))
    if choice.kind is ChoiceKind.QUEUE:
        return queue(locale, choice.to)
    return {
        ChoiceKind.VOICEMAIL: locale._("Leave a message"),
        ChoiceKind.CALLBACK: locale._("Be rung back"),
        ChoiceKind.NUMBER: locale._("Another number"),
    }.get(choice.kind) or choice.to.replace("-", " ").capitalize()
