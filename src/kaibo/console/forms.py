"""Forms of the shell's own pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    account = forms.CharField(
        label=_("账号"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("密码"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    code = forms.RegexField(
        label=_("6 位验证码"), regex=r"^\d{6}$", error_messages={"invalid": _("验证码是 6 位数字")},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "6", "autofocus": True, "class": "code-input"}),
    )  # fmt: skip


class PasswordForm(forms.Form):
    current = forms.CharField(
        label=_("现在的密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        min_length=10,
        help_text=_("至少 10 个字符，不能全是数字"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输入一次"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_again(self) -> str:
        if self.cleaned_data["again"] != self.cleaned_data.get("new"):
            raise forms.ValidationError(_("两次输入的不一样"))
        return str(self.cleaned_data["again"])


class DropFactorForm(forms.Form):
    password = forms.CharField(
        label=_("用密码确认"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class ThresholdForm(forms.Form):
    value = forms.CharField(label=_("新的值"), max_length=20)
    reason = forms.CharField(label=_("为什么改"), max_length=200)
