"""Reading a flow file: strictly, with a line for everything that is wrong."""

import re
from collections.abc import Mapping
from datetime import date, tzinfo
from itertools import pairwise
from pathlib import Path

from callcrm.base.typed_text import normalized
from callcrm.config import E164, SIP
from callcrm.ivr.flows.hours import ALWAYS, WEEKDAYS, Hours, Period
from callcrm.ivr.flows.model import DEFAULT_RING, LANGUAGE_MENU, Choice, ChoiceKind, Flow, FlowFault, Menu
from callcrm.ivr.flows.prompt_files import LANGUAGE, text_fault
from callcrm.ivr.flows.prompts import SYSTEM
from callcrm.ivr.flows.table_reader import Table
from callcrm.ivr.flows.toml_file import read_toml

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
A_NAME = "a name of a-z, 0-9 and -"
KEY = re.compile(r"[1-9]")
NUMBER = re.compile(f"(?:{E164.pattern})|(?:{SIP.pattern})")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PERIOD = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")
MAX_CHOICES = 4
MAX_LANGUAGES = 4
KINDS = ", ".join(f"{kind} = …" for kind in ChoiceKind)
VALUES: Mapping[ChoiceKind, tuple[re.Pattern[str], str]] = {
    ChoiceKind.QUEUE: (NAME, "the name of a queue"),
    ChoiceKind.MESSAGE: (NAME, "the key of a prompt"),
    ChoiceKind.MENU: (NAME, "the name of a menu"),
    ChoiceKind.NUMBER: (NUMBER, "a number as E.164 (+15550100) or a SIP address"),
}


def read_flow(path: Path, zone: tzinfo) -> Flow:
    """The flow in a file, its hours in this zone; FlowFault with every line that is wrong."""
    faults: list[str] = []
    top = Table(path.name, "", _parse(path), faults)
    if not NAME.fullmatch(path.stem):
        top.fault("", f"the file must be named with {A_NAME}, and .toml")
    flow = _flow(path.stem, top, zone)
    top.close()
    if not faults:
        _check_names(flow, top)
        _check_uses(flow, top, faults)
    if faults:
        raise FlowFault(faults)
    return flow


def _parse(path: Path) -> dict[str, object]:
    try:
        return read_toml(path)
    except ValueError as fault:
        raise FlowFault([f"{path.name}: can't be read: {fault}"]) from None


def _flow(name: str, top: Table, zone: tzinfo) -> Flow:
    prompts = _prompts(top.table("prompts"))
    return Flow(
        name=name,
        default=top.flag("default"),
        numbers=top.texts("numbers", E164, "numbers as E.164 (+15550100)"),
        languages=_languages(top),
        greeting=_prompt_key(name, prompts, top.text("greeting", NAME, "the key of a prompt", default="")),
        main=top.text("main", NAME, "the name of the menu callers begin with"),
        closed=top.text("closed", NAME, "the name of the menu for closed time", default=""),
        queues=_queues(top.table("queues")),
        hours=_hours(top, zone),
        menus=_menus(name, prompts, top.table("menus")),
        prompts=prompts,
    )


def _prompt_key(flow: str, prompts: Mapping[str, object], key: str) -> str:
    """A flow's own prompts are kept under its name, so that two flows can't mix theirs up."""
    return f"{flow}.{key}" if key in prompts else key


def _languages(top: Table) -> tuple[str, ...]:
    languages = top.texts("languages", LANGUAGE, "languages such as en or fa")
    if not 1 <= len(languages) <= MAX_LANGUAGES:
        top.fault("languages", f"must be 1 to {MAX_LANGUAGES} languages such as en or fa")
    return languages or ("en",)


def _queues(table: Table) -> dict[str, int]:
    queues = {}
    for name in table.names():
        queue = table.table(name)
        queues[name] = queue.number("ring_seconds", 5, 60, DEFAULT_RING)
        queue.close()
        if not NAME.fullmatch(name):
            table.fault(name, f"must be {A_NAME}")
    return queues


def _prompts(table: Table) -> dict[str, dict[str, str]]:
    prompts: dict[str, dict[str, str]] = {}
    for key in table.names():
        texts = table.table(key)
        if not NAME.fullmatch(key) or key in SYSTEM:
            table.fault(key, f"must be {A_NAME}, and none of the built-in prompts")
        for language in texts.names():
            fault = text_fault("", text := texts.take(language))
            if fault or not LANGUAGE.fullmatch(language):
                texts.fault(language, fault or "is no language (en, fa, …)")
            else:
                prompts.setdefault(key, {})[language] = text
    return prompts


def _menus(flow: str, prompts: Mapping[str, object], table: Table) -> dict[str, Menu]:
    menus = {}
    for name in table.names():
        menu = table.table(name)
        say = _prompt_key(flow, prompts, menu.text("say", NAME, "the key of a prompt"))
        choices = _choices(flow, prompts, menu.table("keys"))
        menu.close()
        if not NAME.fullmatch(name) or name == LANGUAGE_MENU:
            table.fault(name, f"must be {A_NAME}, and not '{LANGUAGE_MENU}'")
        if len(choices) > MAX_CHOICES:
            menu.fault("keys", f"has {len(choices)} choices, a menu can have {MAX_CHOICES}")
        menus[name] = Menu(say, choices)
    return menus


def _choices(flow: str, prompts: Mapping[str, object], table: Table) -> dict[str, Choice]:
    choices = {}
    for key in table.names():
        if not KEY.fullmatch(key):
            table.fault(key, "must be a key from 1 to 9 (0, * and # lead to the operator in every flow)")
        choice = _choice(table.table(key))
        if choice.kind == ChoiceKind.MESSAGE:
            choice = Choice(choice.kind, _prompt_key(flow, prompts, choice.to))
        choices[key] = choice
    return choices


def _choice(table: Table) -> Choice:
    kinds = table.names()
    if not table.is_table:
        return Choice(ChoiceKind.VOICEMAIL)
    if len(kinds) != 1 or kinds[0] not in tuple(ChoiceKind):
        table.fault("", f"must be one of {{ {KINDS} }}")
        return Choice(ChoiceKind.VOICEMAIL)
    kind = ChoiceKind(kinds[0])
    if kind in VALUES:
        return Choice(kind, table.text(kind, *VALUES[kind]))
    if not table.flag(kind):
        table.fault(kind, "must be true")
    return Choice(kind)


def week(days: Mapping[str, object], zone: tzinfo) -> Hours:
    """Hours written as a flow's, by weekday, in this zone; FlowFault with every line that is wrong."""
    faults: list[str] = []
    hours = Hours(_week(Table("hours", "", days, faults)), zone=zone)
    if faults:
        raise FlowFault(faults)
    return hours


def _hours(top: Table, zone: tzinfo) -> Hours:
    table = top.table("hours")
    periods = _week(table) if table.names() else ALWAYS.week
    return Hours(periods, frozenset(_holidays(top)), zone)


def _week(table: Table) -> tuple[tuple[Period, ...], ...]:
    periods = tuple(_periods(table, day) for day in WEEKDAYS)
    table.close()
    return periods


def _periods(table: Table, day: str) -> tuple[Period, ...]:
    periods: list[Period] = []
    for text in table.texts(day, PERIOD, 'periods such as "09:00-12:30"'):
        # Texts() took only what matches.
        hour, minute, to_hour, to_minute = (int(part) for part in PERIOD.fullmatch(text).groups())  # type: ignore[union-attr]
        start, end = hour * 60 + minute, to_hour * 60 + to_minute
        if not start < end <= 24 * 60:
            table.fault(
                day, f'"{text}" must end after it starts, at 24:00 at the latest (split it at midnight)'
            )
        periods.append((start, end))
    periods.sort()
    if any(first[1] > second[0] for first, second in pairwise(periods)):
        table.fault(day, "has periods that overlap")
    return tuple(periods)


def _holidays(top: Table) -> list[date]:
    days = top.take("holidays")
    dates = [_date(day) for day in days] if isinstance(days, list) else []
    if days is not None and (not isinstance(days, list) or None in dates):
        top.fault("holidays", "must be a list of days such as 2026-12-25")
    return [day for day in dates if day]


def _date(value: object) -> date | None:
    if isinstance(value, str) and DATE.fullmatch(normalized(value)):
        try:
            return date.fromisoformat(normalized(value))
        except ValueError:
            return None
    return value if type(value) is date else None


def _check_names(flow: Flow, top: Table) -> None:
    """Every name must exist, and no menu be deeper than two."""
    for key, root in (("main", flow.main), ("closed", flow.closed)):
        if root and root not in flow.menus:
            top.fault(key, f"there is no [menus.{root}]")
    if not flow.closed and (flow.hours.week != ALWAYS.week or flow.hours.holidays):
        top.fault("closed", "is missing: a flow with hours or holidays needs a menu for closed time")
    for name, menu in flow.menus.items():
        for key, choice in menu.choices.items():
            fault = _choice_fault(flow, name, choice)
            if fault:
                top.fault(f"menus.{name}.keys.{key}", fault)


def _choice_fault(flow: Flow, menu: str, choice: Choice) -> str | None:
    roots = (flow.main, flow.closed)
    if choice.kind == ChoiceKind.QUEUE and choice.to not in flow.queues:
        return f"there is no [queues.{choice.to}]"
    if choice.kind == ChoiceKind.MENU and choice.to not in flow.menus:
        return f"there is no [menus.{choice.to}]"
    if choice.kind == ChoiceKind.MENU and (menu not in roots or choice.to in roots):
        return "menus can be two deep: main or closed, and one below it"
    return None


def _check_uses(flow: Flow, top: Table, faults: list[str]) -> None:
    """Every menu is used; a wrong name elsewhere would only be reported once more by this."""
    used = (choice.to for menu in flow.menus.values() for choice in menu.choices.values())
    for name in () if faults else sorted(flow.menus.keys() - {flow.main, flow.closed, *used}):
        top.fault(f"menus.{name}", "leads nowhere: no key and neither main nor closed names it")
