"""Purchases by file: whose they are, their items, what is wrong, tried before, undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, select

from callcrm.crm import export
from callcrm.crm.purchases.purchases import undo
from callcrm.crm.seams import SEAMS
from callcrm.models import Customer
from callcrm.models.crm.file_import import ImportChunk
from callcrm.models.crm.purchase import Purchase
from tests.clocks import SetClock
from tests.crm.imports.conftest import Bringer, counts
from tests.running_app import RunningApp
from tests.web.support.page_client import do

PHONE = "+12025550134"
FILE = """Order ID,Phone,Customer name,Date,Product,Qty,Amount,Currency,Paid by
A-1,(202) 555-0134,Mina Halloran,2026-01-02,Red coat,1,120.50,USD,cash
A-2,+1 202 555 0135,Ben Ruiz,2026-01-03,Hat,2,30,USD,card
A-1,(202) 555-0134,Mina Halloran,2026-01-02,Scarf,1,"1,000",USD,cash
"""


def purchases(app: RunningApp, **query: str) -> Any:
    return app.get("/purchases", **query)["items"]


def customers(app: RunningApp) -> list[Customer]:
    rows: list[Customer] = do(
        app, lambda session: list(session.exec(select(Customer).order_by(Customer.name)))
    )
    return rows


def test_rows_become_purchases_of_known_and_new_customers(app: RunningApp, files: Bringer) -> None:
    mina = app.send("POST", "/customers", {"name": "Mina", "phones": [PHONE]}).json()["id"]
    row = files.bring(FILE)
    assert (row["state"], row["rows"], row["done"]) == ("done", 3, 3)
    assert counts(row) == (2, 0, 0, 0)
    assert row["mapping"]["Order ID"] == "external_id"
    coat = purchases(app, customer=mina)[0]
    assert (coat["external_id"], coat["total"]["amount"], coat["payment"]) == ("A-1", 112_050, "cash")
    assert [item["product"] for item in coat["items"]] == ["Red coat", "Scarf"]
    assert [customer.name for customer in customers(app)] == ["Ben Ruiz", "Mina"]
    assert app.get(f"/customers/{mina}")["worth"]["spent"] == [{"amount": 112_050, "currency": "USD"}]


def test_the_same_file_again_brings_nothing(app: RunningApp, files: Bringer) -> None:
    files.bring(FILE)
    assert counts(files.bring(FILE)) == (0, 0, 3, 0)
    assert len(purchases(app)) == 2


def test_a_file_sent_twice_with_one_key_is_one_import(app: RunningApp, files: Bringer) -> None:
    first = files.send(FILE, key="k1")
    done = files.wait(first.json()["id"])
    again = files.send(FILE, key="k1")
    assert (again.status_code, again.json(), again.headers["ETag"]) == (
        202,
        first.json(),
        first.headers["ETag"],
    )
    shown = app.send("GET", f"/imports/{done['id']}").headers["ETag"]
    assert shown not in (first.headers["ETag"], None)
    assert files.send(FILE + FILE.splitlines()[1], key="k1").status_code == 422
    assert files.send(FILE, key="k1", dry_run=True).status_code == 422
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: files.send(FILE, key="k2"), range(4)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(app.get("/imports")["items"]) == 2


def test_a_dry_run_says_what_would_be_done_and_does_nothing(app: RunningApp, files: Bringer) -> None:
    row = files.bring(FILE + "A-3,,Nobody,2026-01-03,Hat,1,5,USD,card\n", dry_run=True)
    assert (row["state"], row["dry_run"]) == ("done", True)
    assert counts(row) == (2, 0, 0, 1)
    assert purchases(app) == []
    assert customers(app) == []


def test_a_row_with_a_fault_is_left_out_and_named(app: RunningApp, files: Bringer) -> None:
    wrong = (
        "X-1,5,Mina,2026-01-02,Hat,1,5,USD,cash\n"
        f"X-2,{PHONE},Mina,2026-13-02,Hat,1,5,USD,cash\n"
        f"X-3,{PHONE},Mina,2026-01-02,Hat,0,5,USD,cash\n"
        f"X-4,{PHONE},Mina,2026-01-02,Hat,1,many,USD,cash\n"
        f"X-5,{PHONE},Mina,2026-01-02,Hat,1,5,XXQ,cash\n"
        f"X-6,{PHONE},Mina,2026-01-02,Hat,1,5,USD,shells\n"
        f"X-7,{PHONE},Mina,2027-01-02,Hat,1,5,USD,cash\n"
        f"X-8,{PHONE},Mina,2026-01-02,Hat,1,,USD,cash\n"
    )
    row = files.bring(FILE + wrong)
    assert counts(row) == (2, 0, 0, 8)
    named = [(error["row"], error["column"]) for error in row["errors"]]
    columns = ("Phone", "Date", "Qty", "Amount", "Currency", "Paid by", "Date", "Amount")
    assert named == [(5 + place, column) for place, column in enumerate(columns)]
    assert row["errors"][0]["said"] == "No number that can be rung."
    assert len(purchases(app)) == 2


def test_what_is_said_is_in_the_language_of_the_reader(app: RunningApp, files: Bringer) -> None:
    row = files.bring("phone,total\n5,5\n")
    path, headers = f"/api/v1/imports/{row['id']}", app.authorization
    persian = app.client.get(path, headers={**headers, "Accept-Language": "fa"}).json()
    assert persian["errors"][0]["said"] not in ("", "No number that can be rung.")


def test_a_number_of_several_customers_is_told_by_the_name(app: RunningApp, files: Bringer) -> None:
    for name in ("Mina", "Omid"):
        app.send("POST", "/customers", {"name": name, "phones": [PHONE]})
    row = files.bring(f"phone,name,total\n{PHONE},OMID,5\n{PHONE},Sara,5\n{PHONE},,5\n")
    assert counts(row) == (1, 0, 0, 2)
    assert purchases(app)[0]["customer"]["name"] == "Omid"


def test_customers_are_found_by_id(app: RunningApp, files: Bringer) -> None:
    mina = app.send("POST", "/customers", {"name": "Mina", "phones": []}).json()["id"]
    row = files.bring(f"customer,total\n{mina},5\ncus_gone,5\n")
    assert counts(row) == (1, 0, 0, 1)
    assert (row["errors"][0]["row"], row["errors"][0]["column"]) == (3, "customer")


def test_a_persian_file_of_excel_is_read(app: RunningApp, files: Bringer) -> None:
    text = (
        "شماره فاکتور;تلفن;نام;تاریخ;کالا;تعداد;مبلغ;پرداخت\r\n"
        "۱۲;۰۰۱۲۰۲۵۵۵۰۱۳۴;مینا;۱۴۰۴/۱۰/۱۴;قالیچه;۲;۲۵٬۰۰۰ تومان;نقدی\r\n"
    )
    row = files.bring(text.encode("utf-16"))
    assert counts(row) == (1, 0, 0, 0), row
    (purchase,) = purchases(app)
    assert purchase["at"].startswith("2026-01-04")
    assert purchase["total"] == {"amount": 250_000, "currency": "IRR"}
    assert (purchase["payment"], purchase["items"][0]["quantity"]) == ("cash", 2)


def test_undo_takes_away_what_it_brought_and_only_that(app: RunningApp, files: Bringer) -> None:
    mina = app.send("POST", "/customers", {"name": "Mina", "phones": [PHONE]}).json()["id"]
    before = app.send("POST", f"/customers/{mina}/purchases", {"total": {"amount": 7, "currency": "USD"}})
    row = files.bring(FILE)
    undone = files.undo(row["id"])
    assert undone["kept"] == 0
    assert [item["id"] for item in purchases(app)] == [before.json()["id"]]
    assert [customer.name for customer in customers(app)] == ["Mina"]
    assert app.get(f"/customers/{mina}")["worth"]["spent"] == [{"amount": 7, "currency": "USD"}]
    assert counts(files.bring(FILE)) == (2, 0, 0, 0)


def test_undo_keeps_what_was_edited_since(app: RunningApp, files: Bringer, clock: SetClock) -> None:
    row = files.bring(FILE)
    clock.advance(60)
    coat, hat = (next(p for p in purchases(app) if p["external_id"] == key) for key in ("A-1", "A-2"))
    app.send("POST", f"/purchases/{coat['id']}/returns", {"total": {"amount": 1, "currency": "USD"}})
    app.send("PATCH", f"/customers/{hat['customer']['id']}", {"name": "Benjamin"})
    undone = files.undo(row["id"])
    assert undone["kept"] == 3  # the coat, whose it is, and Benjamin
    assert [item["id"] for item in purchases(app)] == [coat["id"]]
    assert [customer.name for customer in customers(app)] == ["Benjamin", "Mina Halloran"]


def test_a_new_customer_s_earlier_calls_come_along_and_are_nobody_s_again(
    app: RunningApp, files: Bringer
) -> None:
    app.rings("CA1", "+12025550135")
    row = files.bring(FILE)
    assert app.get("/calls/CA1")["customer"]["name"] == "Ben Ruiz"
    files.undo(row["id"])
    assert app.get("/calls/CA1")["customer"] is None
    assert customers(app) == []


def test_sums_of_items_and_of_the_purchase_may_both_be_there(app: RunningApp, files: Bringer) -> None:
    files.bring(
        "external_id,phone,total,product,item_total\n"
        f"B-1,{PHONE},100,Coat,90\nB-1,{PHONE},100,Hat,20\nB-2,{PHONE},,Scarf,15\n"
    )
    first, second = (next(p for p in purchases(app) if p["external_id"] == key) for key in ("B-1", "B-2"))
    assert (first["total"]["amount"], len(first["items"])) == (10_000, 2)
    assert second["total"]["amount"] == 1500


def test_a_mapping_is_remembered_for_the_same_headings(app: RunningApp, files: Bringer) -> None:
    odd = f"who,what,much\n{PHONE},Coat,5\n"
    assert files.send(odd).status_code == 422
    mapping = {"who": "phone", "what": "product", "much": "total"}
    assert counts(files.bring(odd, mapping=mapping)) == (1, 0, 0, 0)
    again = files.bring(odd.replace("Coat", "Hat"))
    assert (again["mapping"], counts(again)) == (mapping, (1, 0, 0, 0))


def test_what_is_no_import_is_refused(app: RunningApp, files: Bringer) -> None:
    def pointer(response: Any) -> tuple[int, str]:
        return response.status_code, response.json()["errors"][0]["pointer"]

    assert pointer(files.send(FILE, "shoes")) == (422, "#/kind")
    assert pointer(files.send("")) == (422, "#/file")
    assert pointer(files.send(b"\x00\x01\x02" * 50)) == (422, "#/file")
    assert pointer(files.send(FILE, mapping={"Amount": "colour"})) == (422, "#/mapping")
    assert pointer(files.send(FILE, mapping={"Nothing": "total"})) == (422, "#/mapping")
    assert pointer(files.send(FILE, mapping={"Phone": "phone"})) == (422, "#/mapping")


def test_the_file_is_forgotten_when_it_is_through(app: RunningApp, files: Bringer) -> None:
    def chunks(session: Session) -> int:
        return len(session.exec(select(ImportChunk)).all())

    files.bring(FILE, dry_run=True)
    assert do(app, chunks) == 1  # it may be brought in next
    files.bring(FILE)
    assert do(app, chunks) == 1


def test_a_file_in_the_code_page_of_persian_windows_is_read(app: RunningApp, files: Bringer) -> None:
    rows = "".join(f"{PHONE};مينا فروتن;قاليچه بزرگ دست بافت;{n}\r\n" for n in range(1, 40))
    row = files.bring(("تلفن;نام;کالا;مبلغ\r\n" + rows).encode("cp1256"))
    assert counts(row) == (39, 0, 0, 0), row
    assert purchases(app)[0]["items"][0]["product"] == "قاليچه بزرگ دست بافت"


def undo_all(session: Session, now: datetime) -> None:
    for purchase_id in session.exec(select(Purchase.id)).all():
        undo(session, purchase_id, now)


def test_what_was_exported_can_be_imported(app: RunningApp, files: Bringer) -> None:
    files.bring(FILE)
    table = do(app, lambda session: "".join(export.lines(session, SEAMS.exports["purchase"])))
    before = [{**purchase, "id": "", "created_at": ""} for purchase in purchases(app)]
    app.services.store.write_now(partial(undo_all, now=app.services.clock.now()))
    assert counts(files.bring(table)) == (2, 0, 0, 0)
    assert [{**purchase, "id": "", "created_at": ""} for purchase in purchases(app)] == before


def test_undone_it_leaves_customers_of_whom_something_was_taken_down(app: RunningApp, files: Bringer) -> None:
    brought = files.bring(
        "Name,Phone\nMina,+12025550134\nOmar,+12025550135\nSara,+12025550136\n", "customers"
    )
    mina, omar, _ = (customer.id for customer in customers(app))
    complaint = {"customer": mina, "about": "service", "body": "Nobody rang."}
    voice = {"customer": omar, "product": "Coat", "kind": "works", "body": "Warm."}
    for path, body in (("/complaints", complaint), ("/feedback", voice)):
        assert app.send("POST", path, body).status_code == 201
    app.send("POST", f"/imports/{brought['id']}/undo")
    assert files.wait(brought["id"])["kept"] == 2
    assert [customer.id for customer in customers(app)] == [mina, omar]
    assert app.get("/complaints")["items"][0]["customer"]["id"] == mina
