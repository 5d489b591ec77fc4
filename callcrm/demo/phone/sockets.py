"""The demo's WebSockets: a caller's phone, an agent's softphone, and the story."""

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from callcrm.agents import sessions
from callcrm.agents.sessions import SignedInUser
from callcrm.demo.app import DemoApp
from callcrm.demo.phone.caller_phone import CallerPhone
from callcrm.demo.phone.socket_peers import SocketPeer, same_origin
from callcrm.edge.cookies import cookie
from callcrm.i18n.locale import Locale
from callcrm.services import Services
from callcrm.web import security

MAX_DIGITS = 19
POLICY_VIOLATION = 1008  # a WebSocket close code; before the handshake it becomes a 403


def _demo(socket: WebSocket) -> DemoApp:
    demo: DemoApp = socket.app.state.demo
    return demo


def _locale(socket: WebSocket) -> Locale:
    """The language of the page that opened the socket."""
    return _demo(socket).locale(socket.query_params.get("language", ""))


async def caller_phone(socket: WebSocket) -> None:
    """A caller's phone; closing the page hangs up."""
    if not same_origin(socket):
        await socket.close(POLICY_VIOLATION)
        return
    demo, peer = _demo(socket), SocketPeer(socket)
    phone = CallerPhone(peer, demo.phone_context, _locale(socket))
    demo.directory.caller_phones.append(phone)
    try:
        await peer.serve(phone.receive)
    finally:
        demo.directory.caller_phones.remove(phone)
        phone.leave()


async def softphone(socket: WebSocket) -> None:
    """An agent's softphone, for a signed-in user who takes calls."""
    demo = _demo(socket)
    agent = await _agent(socket, demo.services)
    if agent is None or not same_origin(socket):
        await socket.close(POLICY_VIOLATION)
        return
    peer, phone = SocketPeer(socket), demo.directory.softphone(agent.user_id)
    phone.join(peer)
    try:
        await peer.serve(phone.receive)
    finally:
        phone.leave(peer)


async def _agent(socket: WebSocket, services: Services) -> SignedInUser | None:
    secret, now = cookie(socket, security.cookie_name(services.settings)), services.clock.now()
    user = await services.store.read(lambda session: sessions.authenticate(session, secret, now))
    return user if user and user.takes_calls else None


async def story(socket: WebSocket) -> None:
    """The story so far and as it goes on; the query's `after` is the last line the page has."""
    if not same_origin(socket):
        await socket.close(POLICY_VIOLATION)
        return
    after = socket.query_params.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < MAX_DIGITS
    demo, peer = _demo(socket), SocketPeer(socket)
    demo.story.join(peer, _locale(socket), int(after) if is_number else 0)
    try:
        await peer.serve(lambda message: None)
    finally:
        demo.story.leave(peer)


routes = [
    WebSocketRoute("/demo/phone", caller_phone),
    WebSocketRoute("/demo/softphone", softphone),
    WebSocketRoute("/demo/story", story),
]
