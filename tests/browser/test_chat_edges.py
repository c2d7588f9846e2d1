"""The composer stands exactly below the messages, whether their list keeps room for a scrollbar or not."""

from tests.browser.counted_replies import have_failed_after_three
from tests.browser.visit import Visit

EDGES = """() => ["#transcript", "#composer"].map(selector => {
  const {left, right} = document.querySelector(selector).getBoundingClientRect();
  return [left, right];
})"""


async def test_composer_is_as_wide_as_the_messages(visit: Visit) -> None:
    conversation = await have_failed_after_three(10)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    for width in (1440, 1100, 900, 768, 360):
        await visit.page.set_viewport_size({"width": width, "height": 800})
        await visit.page.reload()
        messages, composer = await visit.page.evaluate(EDGES)
        assert messages == composer, width
        assert await visit.overflow() == 0, width
