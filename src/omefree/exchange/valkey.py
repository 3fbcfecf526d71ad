"""A wire over Valkey 8 or Redis 7, and later: sharded pub/sub for batches, one script for leases and leaderships."""

import asyncio
import logging
import random
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from omefree.errors import EngineError, EngineFault, StartError
from omefree.exchange.address import Address
from omefree.exchange.connection import BROKEN, Connection
from omefree.exchange.faults import sentence
from omefree.exchange.wire import Answer, Beat, Publication, WireListener

BACKOFF_S = (0.05, 0.5)  # the first pause before connecting again, and the longest

_log = logging.getLogger(__name__)


async def connect(address: Address, beat: Beat) -> "ValkeyWire":
    """A wire that hears our channel and has its lease. Raises StartError with one sentence if that cannot be."""
    with telling(address):
        first = await Connection.open(address, beat.tag)
        try:
            await first.enter(beat)
        except BaseException:
            first.close()
            raise
    return ValkeyWire(address, beat, first)


async def check(address: Address, beat: Beat) -> list[str]:
    """What to know of the engine before a start, a sentence each. Raises StartError if this node could not join.

    The node may be running meanwhile: `beat` has a tag that nobody else has.
    """
    with telling(address):
        connection = await Connection.open(address, beat.tag)
        try:
            answer = await connection.ask(beat, "look")
            if not isinstance(answer, Answer):
                raise EngineError(answer)
            return [f"exchange: {address}: {warning}" for warning in await connection.warnings()]
        finally:
            connection.close()


@contextmanager
def telling(address: Address) -> Iterator[None]:
    """Raises StartError, with one sentence for the operator, in place of what goes wrong with the engine."""
    fault: EngineFault = "unreachable"
    detail = ""
    try:
        yield
        return
    except EngineError as error:
        fault, detail = error.fault, error.detail
    except ssl.SSLCertVerificationError:
        fault = "certificate"
    except (OSError, TimeoutError):
        pass
    raise StartError(sentence(address, fault, detail))


class ValkeyWire:
    """A Wire (wire.py). `connect` makes one."""

    def __init__(self, address: Address, beat: Beat, first: Connection) -> None:
        self._address = address
        self._last_beat = beat
        self._connection: Connection | None = first
        self._listener: WireListener
        self._living: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def listen(self, listener: WireListener) -> None:
        """Tells this listener from now on, and connects again whenever that is needed."""
        self._listener = listener
        self._living = asyncio.get_running_loop().create_task(self._live())

    def publish(self, publications: Sequence[Publication]) -> None:
        """Sends these in one write, in this order. Without a connection they are lost."""
        if self._connection is not None:
            self._connection.publish(publications)

    def beat(self, beat: Beat) -> None:
        """Renews the lease. If no answer comes within BEAT_S, the connection is cut and made anew."""
        self._last_beat = beat
        if self._connection is not None:
            self._connection.beat(beat)

    def close(self, farewell: Sequence[Publication]) -> None:
        """Sends what is queued, gives back lease and leaderships, and stops. `wait_closed` waits for that."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end(farewell))

    async def wait_closed(self) -> None:
        """Returns when all is closed, after BEAT_S at the latest."""
        if self._ending is not None:
            await self._ending

    async def _live(self) -> None:
        pause_s, longest_s = BACKOFF_S
        while True:
            if self._connection is not None and await self._serve(self._connection) > longest_s:
                pause_s = BACKOFF_S[0]
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
            pause_s = min(2 * pause_s, longest_s)
            self._connection = await self._reconnect()

    async def _serve(self, connection: Connection) -> float:
        """Returns for how long the connection has lived, in seconds."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            self._listener.on_up()
            await connection.serve(self._listener)
        except Exception as error:
            _log.error("the connection is made anew after %s", type(error).__name__)
        finally:
            self._connection = None
            connection.close()
        self._listener.on_down()
        return loop.time() - begun

    async def _reconnect(self) -> Connection | None:
        try:
            connection = await Connection.open(self._address, self._last_beat.tag)
        except BROKEN:
            return None
        try:
            refusal = await connection.admit(self._last_beat)
        except BaseException as error:
            connection.close()
            if isinstance(error, BROKEN):
                return None
            raise
        if refusal is None:
            return connection
        connection.close()
        self._listener.on_refusal(refusal)
        return None

    async def _end(self, farewell: Sequence[Publication]) -> None:
        connection = self._connection
        if connection is not None:
            with suppress(*BROKEN):
                await connection.ask(self._last_beat, "bye")
                connection.publish(farewell)
                await connection.ping()
        if self._living is not None:
            self._living.cancel()
            await asyncio.wait([self._living])
