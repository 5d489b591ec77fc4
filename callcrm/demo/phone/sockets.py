"""The demo's WebSockets: a caller's phone, an agent's phone, and the story."""

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from callcrm.agents import sessions
from callcrm.agents.sessions import SignedInUser
from callcrm.demo.app import DemoApp
from callcrm.demo.phone.caller_phone import Line
from callcrm.demo.phone.socket_peers import SocketPeer, from_us
from callcrm.i18n.locale import Locale
from callcrm.services import Services
from callcrm.web import security

REFUSED = 1008


def _words(socket: WebSocket) -> Locale:
    """The language the page that asks is in."""
    life: DemoApp = socket.app.state.demo
    return life.locale(socket.query_params.get("language", ""))


async def line(socket: WebSocket) -> None:
    """A caller's phone; whoever closes the page has hung up."""
    life: DemoApp = socket.app.state.demo
    if not from_us(socket):
        await socket.close(REFUSED)
        return
    peer = SocketPeer(socket)
    phone = Line(peer, life.town, _words(socket))
    life.phones.lines.append(phone)
    try:
        await peer.listen(phone.heard)
    finally:
        life.phones.lines.remove(phone)
        phone.leave()


async def softphone(socket: WebSocket) -> None:
    """An agent's phone in the browser; for whoever is signed in and takes calls."""
    life: DemoApp = socket.app.state.demo
    who = await _agent(socket, life.services)
    if who is None or not from_us(socket):
        await socket.close(REFUSED)
        return
    peer, phone = SocketPeer(socket), life.phones.softphone(who.user_id)
    phone.join(peer)
    try:
        await peer.listen(phone.heard)
    finally:
        phone.leave(peer)


async def _agent(socket: WebSocket, services: Services) -> SignedInUser | None:
    secret, now = socket.cookies.get(security.cookie_name(services.settings), ""), services.clock.now()
    who = await services.store.read(lambda session: sessions.authenticate(session, secret, now))
    return who if who and who.takes_calls else None


async def story(socket: WebSocket) -> None:
    """The story so far and as it goes on; `after` is the last line the page has."""
    life: DemoApp = socket.app.state.demo
    if not from_us(socket):
        await socket.close(REFUSED)
        return
    after = socket.query_params.get("after", "")
    peer = SocketPeer(socket)
    life.story.join(peer, _words(socket), int(after) if after.isascii() and after.isdigit() else 0)
    try:
        await peer.listen(lambda message: None)
    finally:
        life.story.leave(peer)


routes = [
    WebSocketRoute("/demo/line", line),
    WebSocketRoute("/demo/softphone", softphone),
    WebSocketRoute("/demo/story", story),
]
