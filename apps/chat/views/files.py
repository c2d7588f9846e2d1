"""Show and download text files, of drafts and of copies."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString, mark_safe

from apps.chat.context.user_turn import language_of
from apps.chat.markdown.code import code_block


def highlighted_file(name: str, text: str) -> SafeString:
    """Return the text as a code block, in the language of the file name."""
    return mark_safe(code_block(text, language=language_of(name)))  # noqa: S308 - escaped by Pygments


def text_download(name: str, text: str) -> HttpResponse:
    """Return a download that no browser shows, whatever the file's name."""
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
