"""What belongs to a service, edited on its page; the values of headers go in and never come out."""

from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest
from django.utils.text import capfirst

from realtime.admin.bases import (
    DataSourceInlineBase,
    HeaderForm,
    HeaderFormSet,
    HeaderInlineBase,
    ReadingFormSetBase,
    ReadingInlineBase,
)
from realtime.models import (
    MAX_HEADERS_PER_SERVICE,
    MAX_READINGS_PER_SERVICE,
    DataSource,
    Reading,
    RequestHeader,
    Service,
)
from realtime.registry.moving import ANOTHER_ORIGIN, Fate, refused_secrets


class RequestHeaderForm(HeaderForm):
    """Never shows the stored value; leaving the field empty keeps it."""

    value = forms.CharField(
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Secret: never shown again. Leave empty to keep. ${NAME} is filled from the environment.",
    )

    class Meta:
        model = RequestHeader
        fields = ("name", "value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Otherwise an empty field would count as a change to "".
        self.initial["value"] = ""

    def clean_value(self) -> str:
        typed: str = self.cleaned_data["value"]
        if typed:
            return typed
        if self.instance.pk is None:
            raise forms.ValidationError("A new header needs a value.")
        return self.instance.value


class RequestHeaderFormSet(HeaderFormSet):
    """Checks that span several rows: names that differ only in case, and secrets that would go to another origin."""

    def clean(self) -> None:
        super().clean()
        _refuse_beside_connection(self)
        self._note_twins()
        self._note_values_for_another_origin()

    def _note_twins(self) -> None:
        seen: set[str] = set()
        for form in self.forms:
            typed = getattr(form, "cleaned_data", {})
            name = typed.get("name", "").lower()
            if not name or typed.get(DELETION_FIELD_NAME):
                continue
            if name in seen:
                form.add_error("name", "stands twice (case does not count in header names)")
            seen.add(name)

    def _note_values_for_another_origin(self) -> None:
        service = self.instance
        stored = set(RequestHeader.objects.filter(service_id=service.pk).values_list("pk", flat=True))
        refused = refused_secrets(
            old_base_url=Service.objects.filter(pk=service.pk).values_list("base_url", flat=True).first(),
            new_base_url=service.base_url,
            stored=stored,
            fates=[(form.instance.pk, _fate(form)) for form in self.forms],
        )
        for form in self.forms:
            if form.instance.pk in refused and _fate(form) is Fate.KEPT:
                form.add_error("value", refused[form.instance.pk])
        # A row that is left out of what the browser sends stays as well.
        if refused.keys() - {form.instance.pk for form in self.forms}:
            raise forms.ValidationError(ANOTHER_ORIGIN)


class ReadingFormSet(ReadingFormSetBase):
    """Checks that the service answers something that can be read."""

    def clean(self) -> None:
        super().clean()
        _refuse_beside_connection(self)


def _refuse_beside_connection(formset: "forms.BaseInlineFormSet[Any, Service, Any]") -> None:
    """Refuse rows about HTTP beside a base URL that checks a connection alone.

    Raises:
        ValidationError: there are such rows.
    """
    kind = capfirst(formset.get_queryset().model._meta.verbose_name_plural)
    is_given = any(not getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME) for form in formset.forms)
    for name, mistake in formset.instance.http_mistakes([kind] if is_given else []).items():
        raise forms.ValidationError(f"{name} {mistake}")


def _fate(form: Any) -> Fate:
    """Return what the form of a stored header does to its value."""
    if getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME):
        return Fate.REMOVED
    return Fate.REPLACED if "value" in form.changed_data else Fate.KEPT


class RequestHeaderInline(HeaderInlineBase):
    model = RequestHeader
    form = RequestHeaderForm
    formset = RequestHeaderFormSet
    extra = 0
    max_num = MAX_HEADERS_PER_SERVICE

    def get_fields(self, request: HttpRequest, obj: Service | None = None) -> tuple[str, ...]:
        """Leave the value out for users who may only view: Django shows their fields as text, without the widget."""
        return ("name", "value") if self.has_change_permission(request, obj) else ("name",)

    def get_formset(self, request: HttpRequest, obj: Service | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{**kwargs, "validate_max": True})


class ReadingInline(ReadingInlineBase):
    model = Reading
    formset = ReadingFormSet
    extra = 0
    max_num = MAX_READINGS_PER_SERVICE
    fields = (
        "name",
        "path",
        "expression",
        "metric",
        "aggregate",
        "kind",
        "counts_toward",
        "degraded_if",
        "unhealthy_if",
        "order",
    )

    def get_formset(self, request: HttpRequest, obj: Service | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{**kwargs, "validate_max": True})


class DataSourceInline(DataSourceInlineBase):
    model = DataSource
    extra = 0
