"""Each tab's talk: its own, taken up after a reload, dropped with the tab or when long unused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import OPENING, ScriptedAssistant, Served
from steps import STORY, done, enter, last, send

from ui.desks import RELOAD_S, UNUSED_S

pytestmark = pytest.mark.browser


@pytest.fixture
def own(tmp_path: Path, model: ScriptedAssistant) -> Iterator[Served]:
    running = Served(tmp_path, lambda progress: model)
    yield running
    running.page.close()


def opened(context: Any, served: Served) -> Any:
    return enter(context.new_page(), served.url)


def places(served: Served) -> list[Any]:
    visitors = served.page.desks._visitors.values()
    return [place for visitor in visitors for place in visitor.tabs.values()]


def later(served: Served, seconds: float) -> None:
    """As if so much time had passed."""
    for place in places(served):
        place.used -= seconds
        place.closed = None if place.closed is None else place.closed - seconds
    served.page.desks.tidy()


def test_a_second_tab_has_a_talk_of_its_own(tab: Any, context: Any, served: Served) -> None:
    send(tab, "from the first tab")
    second = opened(context, served)
    assert second.locator(".turn").count() == 0
    send(second, "from the second tab")
    tab.reload()
    tab.wait_for_selector(".turn")
    assert last(tab, "said") == "from the first tab"


def test_the_look_and_the_country_go_with_a_new_tab(tab: Any, context: Any, served: Served) -> None:
    tab.evaluate("document.querySelector('.look').open = true")
    with tab.expect_response("**/component_server**"):
        tab.select_option("#theme", "dark")
    tab.click('[data-view="lines"]')
    tab.select_option("#country", "us")
    tab.wait_for_selector("#directory h2:has-text('United States')")
    second = opened(context, served)
    assert second.evaluate("document.documentElement.dataset.theme") == "dark"
    assert second.evaluate("document.querySelector('#country').value") == "us"


def test_two_tabs_at_once_wait_for_each_other(tab: Any, context: Any, served: Served) -> None:
    second = opened(context, served)
    tab.bring_to_front()
    send(tab, "an endless one", wait=False)
    tab.wait_for_function("document.querySelector('[data-part=body]')?.textContent.length > 40")
    second.bring_to_front()
    send(second, STORY, wait=False)
    second.wait_for_selector("text=Waiting for the reply in another tab")
    tab.click("#stop")
    done(tab)
    done(second)
    assert OPENING in last(second)


def test_a_tab_that_waits_for_another_can_be_stopped(
    tab: Any, context: Any, served: Served
) -> None:
    second = opened(context, served)
    tab.bring_to_front()
    send(tab, "an endless one", wait=False)
    tab.wait_for_function("document.querySelector('[data-part=body]')?.textContent.length > 40")
    second.bring_to_front()
    send(second, STORY, wait=False)
    second.wait_for_selector("text=Waiting for the reply in another tab")
    second.click("#stop")
    done(second)
    assert tab.is_visible("#stop")
    tab.click("#stop")
    done(tab)
    assert len(last(tab)) > 40


def test_a_closed_tab_drops_its_talk_and_a_reloaded_one_does_not(browser: Any, own: Served) -> None:
    context = browser.new_context()
    page = enter(context.new_page(), own.way_in)
    send(page, "mandolin in a message")
    page.reload()
    page.wait_for_selector(".turn")
    later(own, RELOAD_S + 1)
    assert [len(place.desk.turns) for place in places(own)] == [1]
    stay = opened(context, own)
    page.close()
    stay.wait_for_timeout(500)
    assert sorted(len(place.desk.turns) for place in places(own)) == [0, 1]
    later(own, RELOAD_S + 1)
    assert [len(place.desk.turns) for place in places(own)] == [0]
    context.close()


def test_a_talk_unused_for_twelve_hours_is_dropped_and_the_page_says_so(
    browser: Any, own: Served
) -> None:
    page = enter(browser.new_page(), own.way_in)
    send(page, "mandolin in a message")
    later(own, UNUSED_S - 60)
    assert len(places(own)) == 1
    later(own, 120)
    assert places(own) == []
    page.wait_for_selector("#notice:has-text('not used for a long time')")
    assert page.locator(".turn").count() == 0
    send(page, STORY)
    assert OPENING in last(page)
    page.close()
