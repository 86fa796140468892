"""Django's admin and form classes, bound to our models for the type checker; at run time they take no parameters."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin

if TYPE_CHECKING:
    from realtime.models import DataSource, MaintenanceWindow, Reading, ReadKey, RequestHeader, Service

    ServiceAdminBase = admin.ModelAdmin[Service]
    ReadKeyAdminBase = admin.ModelAdmin[ReadKey]
    ServiceForm = forms.ModelForm[Service]
    HeaderForm = forms.ModelForm[RequestHeader]
    HeaderFormSet = forms.BaseInlineFormSet[RequestHeader, Service, forms.ModelForm[RequestHeader]]
    ReadingFormSetBase = forms.BaseInlineFormSet[Reading, Service, forms.ModelForm[Reading]]
    HeaderInlineBase = admin.TabularInline[RequestHeader, Service]
    ReadingInlineBase = admin.TabularInline[Reading, Service]
    DataSourceInlineBase = admin.TabularInline[DataSource, Service]
    WindowFormBase = forms.ModelForm[MaintenanceWindow]
    WindowInlineBase = admin.StackedInline[MaintenanceWindow, Service]
else:
    ServiceAdminBase = ReadKeyAdminBase = admin.ModelAdmin
    ServiceForm = HeaderForm = WindowFormBase = forms.ModelForm
    HeaderFormSet = ReadingFormSetBase = forms.BaseInlineFormSet
    HeaderInlineBase = ReadingInlineBase = DataSourceInlineBase = admin.TabularInline
    WindowInlineBase = admin.StackedInline
