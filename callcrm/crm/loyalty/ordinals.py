"""The tenth, دهمین: numbers in order, as they are spoken."""

from callcrm.i18n.locale import Locale

# fmt: off
ENGLISH = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth", "twentieth",
)
PERSIAN = (
    "یکم", "دوم", "سوم", "چهارم", "پنجم", "ششم", "هفتم", "هشتم", "نهم", "دهم", "یازدهم", "دوازدهم", "سیزدهم",
    "چهاردهم", "پانزدهم", "شانزدهم", "هفدهم", "هجدهم", "نوزدهم", "بیستم",
)
# fmt: on
SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def ordinal(locale: Locale, n: int) -> str:
    """The number in order: tenth, دهم; 23rd, ۲۳م."""
    if locale.language == "fa":
        return PERSIAN[n - 1] if n <= len(PERSIAN) else f"{locale.digits(n)}م"
    if n <= len(ENGLISH):
        return ENGLISH[n - 1]
    return f"{n}{'th' if n % 100 in (11, 12, 13) else SUFFIXES.get(n % 10, 'th')}"
