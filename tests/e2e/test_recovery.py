"""A call that cannot connect, and one that is tried again: what the two are told, and what they can do."""

from functools import partial
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, expect

from tests.e2e.people import GUARD_S, Person, Street, TcpProxy, are_sealed, decodes
from tests.e2e.ways import HURRY, end_try, has_heard, hurry
from tests.until import until

MS = GUARD_S * 1000

# While `noWay` is true, the browser finds no way to anybody: it may use relays alone, and there is none.
NO_WAY = """
(() => {
  const Real = window.RTCPeerConnection;
  window.noWay = true;
  const bent = (given) => (window.noWay ? {...given, iceTransportPolicy: "relay"} : given);
  window.RTCPeerConnection = class extends Real {
    constructor(given) { super(bent(given)); }
    setConfiguration(given) { super.setConfiguration(bent(given)); }
  };
})();
"""


async def block(page: Page) -> None:
    await page.add_init_script(NO_WAY + HURRY)


async def has_given_up(person: Person) -> bool:
    await end_try(person)
    return bool(await person.part("call-retry").count())


async def without_a_way(street: Street, red: Browser, blue: Browser) -> tuple[Person, Person]:
    """Two in a video chat whose call has failed."""
    ana = await street.comes(red, before=block)
    ben = await street.comes(blue, before=hurry)
    for person in (ana, ben):
        await person.part("shield").uncheck()
        await person.start("video")
    await are_sealed(ana, ben)
    for person in (ana, ben):
        await until(partial(has_heard, person), "the partner's call")
    for person in (ana, ben):
        await until(partial(has_given_up, person), "all tries are over")
        await person.sees("call-word", "Your two networks don’t reach each other.")
    return ana, ben


async def test_a_failed_call_goes_on_in_text_and_is_tried_again(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await without_a_way(street, red, blue)
    await ana.part("call-write").click()
    await ana.sees("call-word", "You go on in text")
    await ben.sees("partner-muted")  # camera and microphone rest
    assert await ana.page.evaluate("document.querySelector('[data-testid=local-video]').srcObject") is None
    await ana.say("let us write")
    await ben.reads("let us write")
    stage = await ana.part("stage").bounding_box()
    assert stage is not None and stage["height"] < 250, "the words have the room"
    await ana.page.evaluate("noWay = false")
    await ana.part("call-retry").click()
    for person in (ana, ben):
        await expect(person.page.locator("[data-call=connected]")).to_be_visible(timeout=MS)
        await until(partial(decodes, person, 3), "the picture came")
        await expect(person.part("cover")).to_have_count(0)
    await expect(ben.part("partner-muted")).to_have_count(0)  # what was on is on again


async def test_who_tries_again_brings_the_other_back(street: Street, red: Browser, blue: Browser) -> None:
    """The restart comes from the side whose way was never blocked, or from the other: either is enough."""
    ana, ben = await without_a_way(street, red, blue)
    await ana.page.evaluate("noWay = false")
    await ben.part("call-retry").click()
    await ana.part("call-retry").click()
    for person in (ana, ben):
        await until(partial(decodes, person, 3), "the picture came")


async def test_a_partner_who_is_away_is_no_matter_of_the_networks(street: Street, red: Browser, blue: Browser) -> None:
    link = TcpProxy(urlsplit(street.url).port or 0)
    url = f"http://localhost:{await link.open()}"
    ana, ben = await street.comes(red, before=block), await street.comes(blue, url)
    for person in (ana, ben):
        await person.part("shield").uncheck()
        await person.start("video")
    for person in (ana, ben):
        await person.meets()
    await are_sealed(ana, ben)
    link.cut()
    await ana.sees("call-word", "The stranger’s connection is gone for now. The call waits.")
    await ana.page.evaluate("noWay = false")
    link.heal()
    for person in (ana, ben):
        await until(partial(decodes, person, 3), "once both are here, the call is tried again by itself")
    await link.close()
