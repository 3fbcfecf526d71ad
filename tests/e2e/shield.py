"""A shield's worker that says what a test wants, and a way to get hold of the real one."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, Route

from tests.e2e.people import Person

# Keeps each worker that the page makes.
WATCH_WORKERS = """
(() => {
  const Real = window.Worker;
  window.workers = [];
  window.Worker = class extends Real {
    constructor(...args) { super(...args); window.workers.push(this); }
  };
})();
"""
# Answers as the real worker does, with the risk that it was told last.
TELLING_WORKER = """
let risk = 0;
onmessage = ({data}) => {
  if ("risk" in data) risk = data.risk;
  else postMessage({type: "look", n: data.n, look: {risk, ms: 1}});
};
postMessage({type: "ready"});
"""
BROKEN_WORKER = "postMessage({type: 'failed', fault: 'missing'});"


def worker_is(script: str) -> Callable[[Page], Awaitable[None]]:
    """Prepares a page whose shield has this script for a worker."""

    async def serve(route: Route) -> None:
        await route.fulfill(body=script, content_type="text/javascript", headers={"cross-origin-embedder-policy": "require-corp"})  # fmt: skip  # noqa: E501

    async def before(page: Page) -> None:
        await page.add_init_script(WATCH_WORKERS)
        await page.context.route("**/assets/shield-*.js", serve)

    return before


async def tell_risk(person: Person, risk: float | None) -> None:
    """From now on the worker sees this risk in each frame; None is mush."""
    await person.page.evaluate("(risk) => workers.forEach((worker) => worker.postMessage({risk}))", risk)
