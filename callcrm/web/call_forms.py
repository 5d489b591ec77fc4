"""Forms that are opened beside a call, on a customer's page, or by themselves: whom they are about."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session
from starlette.datastructures import FormData

from callcrm.calls import search
from callcrm.customers import customers
from callcrm.models import Call, Customer


def call_and_customer(session: Session, about: Mapping[str, str]) -> tuple[Call | None, Customer | None]:
    """The call of the id in `call`, and its customer, else that in `customer`; NotFound for wrong ids."""
    call = search.call(session, about["call"]) if about.get("call") else None
    customer_id = (call.customer_id if call else None) or about.get("customer")
    return call, customers.get(session, customer_id) if customer_id else None


def typed_fields(form: FormData, names: Iterable[str]) -> dict[str, str]:
    """What was typed into these fields, "" where nothing was."""
    return {name: str(form.get(name, "")) for name in names}
