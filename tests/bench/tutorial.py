"""The other yardstick: a Flask handler as tutorials teach it, which looks the caller up and logs the call."""

import os
from datetime import UTC, datetime

from flask import Flask, Response, abort, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

PUBLIC_URL = os.environ["CALLCRM_PUBLIC_URL"]
VALIDATOR = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


class Base(DeclarativeBase):
    """The tables' base."""


class Contact(Base):
    """A customer with one number."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(index=True)


class CallLog(Base):
    """One row a call."""

    __tablename__ = "call_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str]
    contact_id: Mapped[int | None]
    status: Mapped[str]
    created_at: Mapped[datetime]


engine = create_engine(os.environ["BENCH_DATABASE_URL"])
Base.metadata.create_all(engine)
app = Flask(__name__)


@app.post("/webhooks/twilio/voice")
def voice() -> Response:
    """Check, look up, log, answer a menu."""
    if not VALIDATOR.validate(
        PUBLIC_URL + request.path, request.form, request.headers.get("X-Twilio-Signature", "")
    ):
        abort(403)
    with Session(engine) as session:
        phone = request.form["From"]
        contact = session.scalars(select(Contact).where(Contact.phone == phone)).first()
        log = session.scalars(select(CallLog).where(CallLog.call_sid == request.form["CallSid"])).first()
        if log is None:
            log = CallLog(
                call_sid=request.form["CallSid"], phone=phone, created_at=datetime.now(UTC), status=""
            )
            session.add(log)
        log.contact_id = contact.id if contact else None
        log.status = request.form["CallStatus"]
        session.commit()
    answer = VoiceResponse()
    menu = Gather(num_digits=1, action="/menu", timeout=5)
    menu.say("Thank you for calling. For sales press 1. For support press 2. For an operator press 0.")
    answer.append(menu)
    answer.redirect("/voice")
    return Response(str(answer), mimetype="application/xml")
