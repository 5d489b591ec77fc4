"""Files that were made to do harm: what they cost is bounded, whatever they say of themselves."""

import io
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from callcrm.base.errors import Refused, TooLarge
from callcrm.crm.imports import headings, source, taking

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(*cells: tuple[str, str]) -> IO[bytes]:
    """A workbook with these cells: place and text of each."""
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, place))}">'
        f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for place, text in cells
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET}.worksheet+xml"/></Types>',
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115  # closed by whoever asked for it
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def test_a_workbook_is_read() -> None:
    with workbook(("A1", "name"), ("A2", "مینا"), ("A3", "Omar")) as file:
        previewed = taking.preview(file)
        assert (previewed.headings, previewed.rows) == (["name"], [["مینا"], ["Omar"]])
        plain, form = source.unpacked(file, previewed.form)
        with plain:
            assert list(source.rows_of(plain, form)) == [["name"], ["مینا"], ["Omar"]]


@pytest.mark.parametrize("corner", ["XFD1048576", "GR1048576"])
def test_a_cell_in_the_far_corner_of_a_sheet_does_not_take_our_memory(corner: str) -> None:
    with workbook(("A1", "name"), (corner, "x")) as file, pytest.raises(TooLarge):
        taking.preview(file)


def test_what_is_no_workbook_is_refused() -> None:
    with workbook(("A1", "name")) as file:
        file.seek(0)
        start = file.read()[:300]
    with pytest.raises(Refused, match="can’t be read"):
        taking.preview(io.BytesIO(start))


def test_of_a_huge_cell_a_preview_shows_the_beginning() -> None:
    previewed = taking.preview(io.BytesIO(b"name\n" + b"x" * 500_000 + b"\n"))
    assert previewed.rows == [["x" * taking.LONGEST_SHOWN]]


def test_columns_of_one_long_name_fit_where_names_are_kept() -> None:
    names = headings.headings_of(["n" * 300] * 12)
    assert len(set(names)) == 12
    assert max(map(len, names)) == headings.LONGEST


def test_a_nul_far_down_in_a_file_is_left_out() -> None:
    content = b"name\n" + b"Omar\n" * 60_000 + b"Mi\x00na\n"
    rows = source.rows_of(io.BytesIO(content), source.form_of(io.BytesIO(content)))
    assert [*rows][-1] == ["Mina"]
