"""Files for a question in a browser: chosen, pasted and dropped, kept over a reload, opened, removed, sent."""

from playwright.async_api import FilePayload, Locator, Page, expect

from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.browser.visit import Visit

SCRIPT: FilePayload = {"name": "rows.py", "mimeType": "text/x-python", "buffer": b"import csv\n\nrows = csv.reader\n"}
PICTURE: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": b"\x89PNG\0"}
CODE = "\n".join(f"line_{number} = {number}" for number in range(5_000))
# Gives the composer a paste or a drop as a person's would come.
HAND_OVER = """([kind, text, name]) => {
  const data = new DataTransfer();
  if (name) data.items.add(new File([text], name));
  else data.setData("text/plain", text);
  const input = document.getElementById("message");
  const options = {bubbles: true, cancelable: true};
  const event = kind === "paste"
    ? new ClipboardEvent("paste", {...options, clipboardData: data})
    : new DragEvent(kind, {...options, dataTransfer: data});
  return input.dispatchEvent(event);
}"""


def message(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def draft(page: Page) -> Locator:
    return page.get_by_role("list", name="Files that go with the message").get_by_role("listitem")


async def choose(page: Page, *files: FilePayload) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach text files").click()
    await (await chooser.value).set_files(list(files))


async def test_chosen_files_survive_a_reload_and_go_with_the_question(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice", path="/chat/")
    await choose(page, SCRIPT, PICTURE)
    await expect(page.get_by_role("alert")).to_have_text(
        "cat.png is not a text file: it has null bytes in it. Only text can be attached."
    )
    visit.forgive("422")  # the browser notes the 422
    await page.reload()
    await expect(draft(page)).to_have_text(["rows.py 30 bytes, 3 lines"])
    assert await visit.accessibility_faults() == []

    await draft(page).get_by_role("link", name="rows.py").click()
    dialog = page.get_by_role("dialog", name="rows.py")
    await expect(dialog.locator("span.kn")).to_have_text("import")
    assert await visit.accessibility_faults() == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    await message(page).fill("What does it do?")
    await message(page).press("Enter")
    await page.wait_for_url("**/chat/*-*/")
    question = page.locator('article[data-role="user"]')
    await expect(question.get_by_role("list", name="Attached files")).to_contain_text("rows.py")
    await question.get_by_role("link", name="rows.py").click()
    await expect(dialog.locator("code")).to_contain_text("csv.reader")
    await dialog.get_by_role("button", name="Close").click()
    await visit.open("/chat/")
    await expect(draft(page)).to_have_count(0)


async def test_long_paste_becomes_a_file_and_can_be_inserted_after_all(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice", path="/chat/")
    assert await page.evaluate(HAND_OVER, ["paste", "short", ""])  # left to the browser
    assert not await page.evaluate(HAND_OVER, ["paste", CODE, ""])
    await expect(draft(page)).to_contain_text("pasted.txt")
    await expect(draft(page)).to_contain_text("5,000 lines")
    await expect(message(page)).to_have_value("")
    await message(page).fill("Look: ")
    await page.get_by_role("button", name="Insert pasted.txt as text").click()
    await expect(draft(page)).to_have_count(0)
    await expect(message(page)).to_have_value(f"Look: {CODE}")
    await expect(message(page)).to_be_focused()


async def test_dropped_files_are_attached_and_can_be_removed(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice", path="/chat/")
    await page.evaluate(HAND_OVER, ["drop", "x = 1", "one.py"])
    await page.evaluate(HAND_OVER, ["paste", "x = 2", "two.py"])
    await expect(draft(page)).to_have_count(2)
    await page.get_by_role("button", name="Remove one.py").focus()
    await page.keyboard.press("Enter")
    await expect(draft(page)).to_have_text(["two.py 5 bytes, 1 line"])
    await expect(message(page)).to_be_focused()
    assert not await in_thread(Conversation.objects.exists)()


async def test_draft_that_is_sent_ends_in_every_tab(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice", path="/chat/")
    await choose(page, SCRIPT)
    await expect(draft(page)).to_have_count(1)
    await message(page).fill("What does it do?")
    await page.reload()
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(message(other)).to_have_value("What does it do?")
    await expect(draft(other)).to_have_count(1)
    await message(page).press("Enter")
    await page.wait_for_url("**/chat/*-*/")
    await expect(message(other)).to_have_value("")
    await expect(draft(other)).to_have_count(0)
