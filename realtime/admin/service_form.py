"""The form of a service's page: its preset is chosen, and its client certificate goes in and never comes out."""

from typing import Any

from django import forms

from realtime.admin.bases import ServiceForm
from realtime.models import Service
from realtime.registry.moving import refused_secrets
from realtime.registry.presets import all_presets, unknown_preset

NO_PRESET = ("", "none")
PRESET_HELP = (
    "A known product: its paths, statuses, words, readings and bounds, unless given here. manage.py list_presets "
    "describes each."
)


class UnseenTextarea(forms.Textarea):
    """Shows no value: not the one that is stored, and not the one just typed when the page comes back with mistakes."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class ServicePageForm(ServiceForm):
    """Leaving the certificate empty keeps the stored one."""

    preset = forms.CharField(required=False, widget=forms.Select, help_text=PRESET_HELP)
    client_certificate = forms.CharField(
        required=False,
        widget=UnseenTextarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Secret: never shown again. Certificate, chain and private key in PEM form, one behind the other, or "
        "${NAME}, which is filled from the environment.",
    )
    remove_client_certificate = forms.BooleanField(required=False)

    class Meta:
        model = Service
        fields = ("preset", "client_certificate")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "preset" in self.fields:
            self.fields["preset"].widget.choices = _preset_choices(stored=self.instance.preset)
            if preset := all_presets().get(self.instance.preset):
                described = f"{preset.name}: {preset.description.removesuffix('.')}."
                self.fields["preset"].help_text += f" {described} It gives {preset.given()}."
        # Otherwise an empty field would count as a change to "".
        self.initial["client_certificate"] = ""
        # A page for viewing alone has no such field.
        if self.instance.client_certificate and "client_certificate" in self.fields:
            self.fields["client_certificate"].help_text += " One is stored: leave empty to keep it."

    def clean_preset(self) -> str:
        name: str = self.cleaned_data["preset"]
        if name and (problem := unknown_preset(name)):
            raise forms.ValidationError(problem)
        return name

    def clean_client_certificate(self) -> str:
        typed: str = self.cleaned_data["client_certificate"]
        return typed or self.instance.client_certificate

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("remove_client_certificate"):
            if "client_certificate" in self.changed_data:
                self.add_error("remove_client_certificate", "Either remove the certificate or type another one.")
            else:
                self.cleaned_data["client_certificate"] = ""
        elif "client_certificate" not in self.changed_data:
            self._note_certificate_for_another_origin()
        return cleaned

    def _note_certificate_for_another_origin(self) -> None:
        refused = refused_secrets(
            old_base_url=self.instance.base_url or None,
            new_base_url=self.cleaned_data.get("base_url", self.instance.base_url),
            stored=["client_certificate"] if self.instance.client_certificate else [],
        )
        for field, problem in refused.items():
            self.add_error(field, problem)


def _preset_choices(*, stored: str) -> list[tuple[str, str]]:
    """Return the presets as choices; one that is stored but unknown stays, so that saving the page cannot drop it."""
    # The names alone: a list as wide as the descriptions would not fit beside the sidebar.
    known = [(name, name) for name in all_presets()]
    is_unknown = stored != "" and stored not in all_presets()
    return [NO_PRESET, *([(stored, f"{stored} (unknown)")] if is_unknown else []), *known]
