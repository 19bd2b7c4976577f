"""
Alipay's certificates in place of bare public keys (公钥证书模式). Pure: PEM texts in, numbers and keys out.

A certificate's number (SN) is the MD5 of its issuer's name and its serial number in decimal, as Alipay's own SDKs
compute it; MD5 names here, it proves nothing: what proves is the RSA signature under the certificate's key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from kaibo.channels.rsa import LEAST_BITS, KeyUnreadable

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_RSA_SIGNATURES = "1.2.840.113549.1.1."
"""Signature algorithms of RSA by their OID; the root file holds certificates of others, which do not count."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """What certificate mode adds: the two numbers of each request, and Alipay's keys by the number answers name."""

    app_number: str
    root_number: str
    alipay_keys: Mapping[str, RSAPublicKey] = field(repr=False)


def number_of(issuer: str, serial: int) -> str:
    """This function will give the number of a certificate; the issuer as RFC 2253 writes it: CN=…,OU=…,O=…,C=…."""
    return hashlib.md5(f"{issuer}{serial}".encode(), usedforsecurity=False).hexdigest()


def read(*, app: str, root: str, alipay: str, key: RSAPrivateKey) -> Certificates:
    """
    This function will read the three files the merchant downloads: appCertPublicKey, alipayRootCert, alipayCertPublicKey_RSA2.

    The last may hold the present certificate and the next one, and those that issued them. Raises: KeyUnreadable, also where
    the app's certificate belongs to another private key.
    """
    ours = _certificates(app)[0]
    if _public_key(ours).public_numbers() != key.public_key().public_numbers():
        raise KeyUnreadable
    roots = [_number(one) for one in _certificates(root) if one.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNATURES)]
    signers = {_number(one): _public_key(one) for one in _certificates(alipay) if not _is_issuer(one)}
    if not roots or not signers:
        raise KeyUnreadable
    return Certificates(_number(ours), "_".join(roots), signers)


def _certificates(text: str) -> list[x509.Certificate]:
    try:
        found = [x509.load_pem_x509_certificate(pem.encode()) for pem in _PEM.findall(text)]
    except ValueError as wrong:
        raise KeyUnreadable from wrong
    if not found:
        raise KeyUnreadable
    return found


def _number(one: x509.Certificate) -> str:
    return number_of(one.issuer.rfc4514_string(), one.serial_number)


def _public_key(one: x509.Certificate) -> RSAPublicKey:
    try:
        key = one.public_key()
    except ValueError as wrong:
        raise KeyUnreadable from wrong
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise KeyUnreadable
    return key


def _is_issuer(one: x509.Certificate) -> bool:
    """One that signs certificates signs no answers."""
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
