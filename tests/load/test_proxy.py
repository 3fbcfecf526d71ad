"""Through a reverse proxy of this machine each visitor of the load keeps its address, and so its own quotas."""

from pathlib import Path

from tests.deploy.proxies import started
from tests.load.loading import load
from tests.test_server import running


async def test_more_visitors_than_one_address_may_be_come_through_the_shipped_proxy(page: Path, tmp_path: Path) -> None:
    """Sixty: of one address only fifty could come at once."""
    with running(page, "--host", "127.0.0.1", "--stun-port", "0", "--trusted-proxies", "127.0.0.1") as server:
        async with started("nginx", tmp_path, server.url.removeprefix("http://")) as place:
            flags = ("--chats", "30", "--ramp", "2", "--duration", "1", "--polling", "0.2", "--json")
            done = await load(place.https, *flags, trust=place.certificate.cert)
    assert (done.code, done.json["errors"]) == (0, [])
    assert done.json["steps"]["connect"]["times"] >= 60
