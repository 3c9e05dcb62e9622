"""The gate in front of the engine: TLS, whose certificate it is, from where, how much and how fast.

Nobody reaches the engine but through here: the gate adds a secret to each Logon that only the two of them know.
"""

import asyncio
import contextlib
import ipaddress
import ssl
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from middleware import clock, measures
from middleware.fix.certificates import fingerprint_of
from middleware.fix.engine import SECRET, VERSION
from middleware.fix.framing import Frames, Garbled, is_sound, text
from middleware.fix.message import Message, read, seal, stamp
from middleware.services.sessions import US, Profile

log = structlog.get_logger(__name__)
LOGON_SECONDS = 10.0
HALF_MESSAGE_SECONDS = 10.0  # how long a message may take from its first byte to its last
WRITE_SECONDS = 20.0
STOP_SECONDS = 2.0
MOST_CALLERS = 200
REMEMBERED = 2_000
BUFFER = 256 * 1024
CLOSED = timedelta(seconds=2)  # around midnight, when the numbers begin anew
FLOOD = 5  # times the published rate: who goes on like that is cut
CHUNK = 32 * 1024


@dataclass(slots=True)
class Caller:
    """One connection: who it proved to be, and what it last sent (for the words of a reject)."""

    profile: Profile
    writer: asyncio.StreamWriter
    recent: "OrderedDict[int, str]" = field(default_factory=OrderedDict)
    second: int = 0
    messages: int = 0


class Cut(Exception):
    """The connection ends; says why, in our log."""


class Refused(Exception):
    """A Logon that is answered with a Logout, for the certificate has shown whose session it is."""


class Gate:
    """Listens, and passes on what may pass. `begin` is told of each Logon before the engine sees it."""

    def __init__(
        self,
        *,
        context: ssl.SSLContext,
        port: int,
        bind: str,
        engine_port: int,
        secret: str,
        begin: Callable[[str, bool], None],
        take_number: Callable[[str], int],
    ) -> None:
        self._context = context
        self._port = port
        self._bind = bind
        self._engine_port = engine_port
        self._secret = secret
        self._begin = begin
        self._take_number = take_number
        self.profiles: Mapping[str, Profile] = {}
        self._callers: dict[str, Caller] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen: on loopback, unless another address is set."""
        self._server = await asyncio.start_server(
            self._serve, self._bind, self._port, ssl=self._context, ssl_handshake_timeout=LOGON_SECONDS, limit=BUFFER
        )

    def shut(self) -> None:
        """Listen no more."""
        self.profiles = {}
        if self._server is not None:
            self._server.close()

    async def stop(self) -> None:
        """End what is open, after what was written has gone."""
        for caller in list(self._callers.values()):
            caller.writer.close()
        for task in self._serving:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(task), STOP_SECONDS)

    def said(self, comp_id: str, seq: int) -> str:
        """What a session sent under this number, as it came; "" when it is long ago."""
        caller = self._callers.get(comp_id)
        return caller.recent.get(seq, "") if caller else ""

    def cut(self, comp_id: str) -> None:
        """End the connection of a session."""
        if caller := self._callers.get(comp_id):
            caller.writer.close()

    # One connection

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = (writer.get_extra_info("peername") or ("?",))[0]
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the server runs each connection as a task
        self._serving.add(task)
        try:
            if len(self._serving) > MOST_CALLERS:
                raise Cut(f"{len(self._serving)} connections at once")
            await self._pass(reader, writer, address)
        except (Cut, Garbled) as reason:
            measures.FIX_CUT.inc()
            log.warning("connection cut", address=address, reason=str(reason))
        except (OSError, asyncio.IncompleteReadError) as error:
            log.info("connection ended", address=address, problem=str(error))
        finally:
            self._serving.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
        frames = Frames()
        try:
            messages = await asyncio.wait_for(self._first(reader, frames), LOGON_SECONDS)
        except TimeoutError:
            raise Cut(f"no Logon within {LOGON_SECONDS:.0f} seconds") from None
        if not is_sound(messages[0]):
            raise Cut(f"a garbled Logon: {text(messages[0])}")
        logon = read(messages[0].decode(errors="replace"))
        profile = self._known(logon, writer, address)
        try:
            await asyncio.to_thread(self._admit, profile, logon)
        except Refused as refused:
            await self._refuse(profile, writer, str(refused))
            return
        await self._join(Caller(profile, writer), reader, frames, messages)

    async def _first(self, reader: asyncio.StreamReader, frames: Frames) -> list[bytes]:
        while True:
            chunk = await reader.read(CHUNK)
            if not chunk:
                raise Cut("gone before a Logon")
            if messages := frames.feed(chunk):
                return messages

    def _known(self, logon: Message, writer: asyncio.StreamWriter, address: str) -> Profile:
        """Whose session it is. Who cannot show that is not answered."""
        if logon.type != "A":
            raise Cut(f"the first message is {logon.type!r}, not a Logon")
        profile = self.profiles.get(logon[49])
        if profile is None or profile.kind == "exchange":
            raise Cut(f"SenderCompID (49) is {logon[49]!r}: there is no such session")
        if logon[56] != US or logon[8] != VERSION:
            raise Cut(f"{logon[8]!r} for TargetCompID (56) {logon[56]!r}; we are {US} and speak {VERSION}")
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if shown is None or fingerprint_of(shown) != profile.certificate:
            raise Cut(f"the certificate is not that of {profile.comp_id}")
        if profile.addresses and not _within(address, profile.addresses):
            raise Cut(f"{profile.comp_id} does not call from {address}")
        if profile.comp_id in self._callers:
            raise Cut(f"{profile.comp_id} is connected already")
        return profile

    def _admit(self, profile: Profile, logon: Message) -> None:
        if not profile.enabled:
            raise Refused(f"the session {profile.comp_id} is disabled")
        midnight = (clock.now() + CLOSED).replace(hour=0, minute=0, second=0, microsecond=0)
        if abs(clock.now() - midnight) < CLOSED:
            raise Refused("closed for a few seconds: the numbers begin anew at 00:00 UTC")
        reset = logon[141] == "Y"
        if reset and not profile.may_reset:
            raise Refused("ResetSeqNumFlag (141) is Y; this session is not reset by its Logon")
        if not logon[108].isdigit() or not 1 <= int(logon[108]) <= 3600:
            raise Refused(f"HeartBtInt (108) is {logon[108]!r}; it can be 1 to 3600 seconds")
        self._begin(profile.comp_id, reset)

    async def _refuse(self, profile: Profile, writer: asyncio.StreamWriter, reason: str) -> None:
        measures.FIX_LOGONS_REFUSED.labels(profile.comp_id).inc()
        log.warning("logon refused", session=profile.comp_id, reason=reason)
        head = [(35, "5"), (34, str(self._take_number(profile.comp_id))), (49, US), (52, stamp(clock.now()))]
        writer.write(seal(VERSION, [*head, (56, profile.comp_id), (58, reason)]))
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.drain(), WRITE_SECONDS)

    async def _join(self, caller: Caller, reader: asyncio.StreamReader, frames: Frames, messages: list[bytes]) -> None:
        comp_id = caller.profile.comp_id
        if comp_id in self._callers:
            raise Cut(f"{comp_id} is connected already")
        self._callers[comp_id] = caller
        to_us, to_engine = await asyncio.open_connection("127.0.0.1", self._engine_port, limit=BUFFER)
        back = asyncio.create_task(_copy(to_us, caller.writer))
        forth = asyncio.create_task(self._forward(caller, reader, frames, messages, to_engine))
        try:
            done, _ = await asyncio.wait({back, forth}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (back, forth):
                task.cancel()
            to_engine.close()
            del self._callers[comp_id]

    async def _forward(
        self,
        caller: Caller,
        reader: asyncio.StreamReader,
        frames: Frames,
        messages: list[bytes],
        to_engine: asyncio.StreamWriter,
    ) -> None:
        messages = [self._with_secret(messages[0]), *messages[1:]]
        while True:
            for message in messages:
                self._note(caller, message)
                to_engine.write(message)
            await to_engine.drain()
            if frames.skipped:
                log.warning("garbled, ignored", session=caller.profile.comp_id, raw=text(frames.skipped))
                frames.skipped = b""
            chunk = await self._read(reader, frames)
            if not chunk:
                return
            messages = frames.feed(chunk)

    async def _read(self, reader: asyncio.StreamReader, frames: Frames) -> bytes:
        """Whatever comes next; but who has begun a message must also end it."""
        if not frames.waiting:
            return await reader.read(CHUNK)
        try:
            return await asyncio.wait_for(reader.read(CHUNK), HALF_MESSAGE_SECONDS)
        except TimeoutError:
            raise Cut(f"half a message for {HALF_MESSAGE_SECONDS:.0f} seconds") from None

    def _note(self, caller: Caller, message: bytes) -> None:
        said = message.decode(errors="replace")
        number = said.partition("\x0134=")[2].partition("\x01")[0]
        if number.isdigit():
            caller.recent[int(number)] = said
            if len(caller.recent) > REMEMBERED:
                caller.recent.popitem(last=False)
        now = int(clock.monotonic())
        caller.messages = caller.messages + 1 if caller.second == now else 1
        caller.second = now
        if caller.messages > FLOOD * caller.profile.throttle:
            raise Cut(f"{caller.profile.comp_id}: {caller.messages} messages within a second")

    def _with_secret(self, logon: bytes) -> bytes:
        """The Logon as the engine gets it: sealed anew with what only we know."""
        parts = [part.partition("=") for part in logon.decode(errors="replace").split("\x01") if part]
        body = [(int(tag), value) for tag, _, value in parts if tag.isdigit() and int(tag) not in (8, 9, 10, SECRET)]
        return seal(VERSION, [*body, (SECRET, self._secret)])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What the engine says, to whoever called; who does not listen is cut."""
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        try:
            await asyncio.wait_for(writer.drain(), WRITE_SECONDS)
        except TimeoutError:
            raise Cut("the other side does not read") from None


def _within(address: str, allowed: tuple[str, ...]) -> bool:
    try:
        here = ipaddress.ip_address(address)
        return any(here in ipaddress.ip_network(one, strict=False) for one in allowed)
    except ValueError:
        return False
