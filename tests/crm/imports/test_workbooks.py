"""Excel workbooks: cells of every kind, and what is none."""

from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZipFile

import pytest

from tests.crm.imports.conftest import Bringer, counts
from tests.running_app import RunningApp

pytestmark = pytest.mark.one_engine
TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/styles.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""
RELATIONS = """<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
RELATION = '<Relationship Id="{}" Target="{}" Type="{}/{}"/>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORKBOOK = f"""<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">
<sheets><sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>"""
STYLES = f"""<?xml version="1.0"?><styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts>
<fills count="1"><fill/></fills><borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"""
SHEET = '<?xml version="1.0"?><worksheet xmlns="{}"><sheetData>{}</sheetData></worksheet>'
DAY = 46_024  # 2 January 2026, as Excel counts


def workbook(*rows: tuple[str | float, ...], dates: int = -1) -> bytes:
    """A workbook with these rows; numbers in the column `dates` are days."""

    def cell(value: str | float, column: int) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f'<c s="{int(column == dates)}"><v>{value}</v></c>'

    cells = "".join(
        f'<row r="{number}">{"".join(cell(value, column) for column, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        document = RELATION.format("rId1", "xl/workbook.xml", OFFICE, "officeDocument")
        archive.writestr("_rels/.rels", RELATIONS.format(document))
        sheet = RELATION.format("rId1", "worksheets/sheet1.xml", OFFICE, "worksheet")
        styles = RELATION.format("rId2", "styles.xml", OFFICE, "styles")
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(sheet + styles))
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/styles.xml", STYLES)
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(MAIN, cells))
    return file.getvalue()


HEADINGS = ("Order ID", "Phone", "Customer name", "Date", "Product", "Qty", "Amount")


def test_a_workbook_is_brought_in_with_its_numbers_and_days(app: RunningApp, files: Bringer) -> None:
    book = workbook(
        HEADINGS,
        (1001, 12025550134, "Mina & Co", DAY, "Red coat", 2, 1234.5),
        (1002, "(202) 555-0135", "مینا", DAY + 1, "قالیچه", 1, 0.1 + 0.2),
        (1003, "none", "Ben", DAY, "Hat", 1, 5),
        dates=3,
    )
    row = files.bring(book, name="shop.xlsx")
    assert counts(row) == (2, 0, 0, 1), row
    assert [(error["row"], error["column"]) for error in row["errors"]] == [(4, "Phone")]
    rug, coat = app.get("/purchases")["items"]
    assert (coat["external_id"], coat["at"], coat["total"]["amount"]) == (
        "1001",
        "2026-01-02T00:00:00.000Z",
        123_450,
    )
    assert (coat["items"][0]["quantity"], coat["customer"]["name"]) == (2, "Mina & Co")
    assert (rug["total"]["amount"], rug["customer"]["name"]) == (30, "مینا")


def test_a_workbook_is_tried_before(app: RunningApp, files: Bringer) -> None:
    book = workbook(HEADINGS, (1, "+12025550134", "Mina", "2026-01-02", "Hat", 1, 5))
    assert counts(files.bring(book, name="shop.xlsx", dry_run=True)) == (1, 0, 0, 0)
    assert app.get("/purchases")["items"] == []


@pytest.mark.parametrize("content", [b"PK\x03\x04" + b"\x00" * 100, workbook()[:-60], workbook()])
def test_what_only_looks_like_a_workbook_is_refused(files: Bringer, content: bytes) -> None:
    response = files.send(content, name="shop.xlsx")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "#/file")
