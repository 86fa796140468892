"""Read keys in the admin: made here, shown once, replaced and revoked; how each was used last."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from realtime.admin.bases import ReadKeyAdminBase
from realtime.models import ReadKey, ReadKeyQuerySet
from realtime.registry.read_keys import give_key


@admin.register(ReadKey)
class ReadKeyAdmin(ReadKeyAdminBase):
    """The key itself stands on one page, once: in no message, which would be kept in a cookie, and in no log."""

    list_display = ("name", "begins_with", "enabled", "created_at", "last_used_at")
    list_filter = ("enabled",)
    search_fields = ("name", "public_id")
    readonly_fields = ("begins_with", "created_at", "last_used_at")
    fields = ("name", "enabled", "begins_with", "created_at", "last_used_at")
    actions = ("revoke", "open_again", "replace")

    @admin.display(description="begins with")
    def begins_with(self, row: ReadKey) -> str:
        return f"rtm_{row.public_id}_…" if row.public_id else "shown once, after saving"

    def save_model(self, request: HttpRequest, obj: ReadKey, form: Any, change: bool) -> None:
        if not change:
            request.new_key = give_key(obj)  # type: ignore[attr-defined]  # for this one answer
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ReadKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, obj, key=request.new_key)  # type: ignore[attr-defined]

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: ReadKeyQuerySet) -> None:
        self._switch(request, queryset, enabled=False)
        self.message_user(request, "Revoked: within a second these keys open nothing any more.")

    @admin.action(description="Open again", permissions=["change"])
    def open_again(self, request: HttpRequest, queryset: ReadKeyQuerySet) -> None:
        self._switch(request, queryset, enabled=True)
        self.message_user(request, "These keys open again.")

    @admin.action(description="Replace by a new key", permissions=["change"])
    def replace(self, request: HttpRequest, queryset: ReadKeyQuerySet) -> HttpResponse | None:
        rows = list(queryset[:2])
        if len(rows) != 1:
            self.message_user(request, "Choose one key: a new one is shown only once.", messages.ERROR)
            return None
        key = give_key(rows[0])
        rows[0].save()
        self.log_change(request, rows[0], "Replaced by a new key.")
        return self._shown_once(request, rows[0], key=key)

    def _switch(self, request: HttpRequest, queryset: ReadKeyQuerySet, *, enabled: bool) -> None:
        rows = list(queryset.filter(enabled=not enabled))
        for row in rows:  # saved one by one, for each save is published
            row.enabled = enabled
            row.save()
        LogEntry.objects.log_actions(
            user_id=request.user.pk,  # type: ignore[arg-type]  # the admin lets nobody in who has none
            queryset=rows,
            action_flag=CHANGE,
            change_message=[{"changed": {"fields": ["enabled"]}}],
        )

    def _shown_once(self, request: HttpRequest, row: ReadKey, *, key: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Read key",
            "opts": ReadKey._meta,
            "row": row,
            "key": key,
        }
        response = TemplateResponse(request, "admin/realtime/readkey/shown_once.html", context)
        response["Cache-Control"] = "no-store"
        return response
