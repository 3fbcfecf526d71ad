"""The crowd and its checker against a single server, which has no exchange: what holds here must hold for many."""

from pathlib import Path

from tests.cluster.run import running


async def test_a_crowd_of_one_node_meets_talks_and_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, "a", None) as run:
        crowd = await run.crowd(24)
        await run.messages(600)
        run.cluster.stall("a")
        run.cluster.wake("a")
        await run.messages(300)
        verdict = await run.ends_well(crowd)
        assert verdict.chats > 20
        assert (verdict.lost, verdict.lost_chats, verdict.aways) == (0, 0, 0)


async def test_who_loses_its_connection_comes_back_to_its_chat(tmp_path: Path) -> None:
    async with running(tmp_path, "a", None) as run:
        crowd = await run.crowd(24)
        for _ in range(4):
            await run.messages(200)
            crowd.break_links(6)
        verdict = await run.ends_well(crowd)
        assert verdict.aways > 4
        assert verdict.lost_chats == 0
