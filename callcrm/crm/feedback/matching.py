"""Which theme a text belongs to: the one that it shares most words with, however they are inflected."""

from collections.abc import Iterable, Sequence

from callcrm.base.words import words

STEM, PERSIAN_STEM = 4, 3  # letters in which two words must agree; the rest may be an ending
# Words that say nothing of what a text is about, in the languages we speak.
EMPTY = words(
    "the and are but can could does doesn for from had has have her his how its just like more much not one "
    "our out she should some than that their them then there they this too very was were what when which "
    "will with would you your they want wants need needs please get got is it in of on or to we my me be no "
    "so do an as at by if "
    "از به با در را که این آن برای هم یک است نیست بود شد شود می های ها تا یا اگر ولی اما خیلی همه ما شما من"
)


def best(text: str, product: str, themes: Sequence[str]) -> int | None:
    """The place of the theme that has most of the text's words; None where none has any. The words of the
    product count for nothing: all its themes have them.
    """
    ignored = _stems(words(product)) | {_stem(word) for word in EMPTY}
    sought = _stems(words(text)) - ignored
    shares = [_share(sought, _stems(words(theme)) - ignored) for theme in themes]
    place = max(range(len(shares)), key=lambda at: shares[at], default=None)
    return place if place is not None and shares[place] > 0 else None


def _share(sought: frozenset[str], theme: frozenset[str]) -> float:
    """How alike two sets of words are, from 0 to 1."""
    return len(sought & theme) / len(sought | theme) if sought and theme else 0.0


def _stems(parts: Iterable[str]) -> frozenset[str]:
    return frozenset(_stem(word) for word in parts)


def _stem(word: str) -> str:
    """A word's beginning: zip and zips, leaks and leaking are the same."""
    if not word.isascii():
        return word[:PERSIAN_STEM]
    return word[:STEM] if len(word) > STEM else word.removesuffix("s")
