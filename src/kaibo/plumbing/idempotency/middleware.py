"""
Keeps the answer of a keyed write in the commit that made it true.

Cases: same key and body → the stored answer, marked `Idempotency-Replayed: true`; same key, other body → 409
`key_reused`; two at once → the second waits for the first; a failure of ours (5xx) stores nothing, so the same key may
be tried again; a refusal (4xx) is stored, so a corrected request needs a new key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from kaibo.kit.clock import utc_now
from kaibo.kit.errors import Conflict, Invalid
from kaibo.plumbing.idempotency.models import StoredAnswer

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST_KEY = 120


class KeyReused(Conflict):
    code = "idempotency.key_reused"
    message_zh = "这个 Idempotency-Key 已用于另一个请求，请换一个"
    message_en = "This Idempotency-Key was used for another request; use a new one"


class KeyTooLong(Invalid):
    code = "idempotency.key_too_long"
    message_zh = "Idempotency-Key 最长 {most} 个字符"
    message_en = "An Idempotency-Key has at most {most} characters"


class IdempotencyMiddleware:
    """Wraps writes below /api/ that carry an `Idempotency-Key`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method not in WRITES or not request.path.startswith("/api/"):
            return self.get_response(request)
        if len(key) > LONGEST_KEY:
            return _complaint(KeyTooLong(most=LONGEST_KEY))
        caller = hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()
        request_hash = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + request.body).hexdigest()
        with transaction.atomic():
            stored = _claim(caller, key, request_hash)
            if stored is not None:
                return _replay(stored, request_hash)
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            else:
                StoredAnswer.objects.filter(caller=caller, key=key).update(status=response.status_code, body=response.content.decode())
        return response


def _claim(caller: str, key: str, request_hash: str) -> StoredAnswer | None:
    """Take the key, waiting for whoever holds it; None when it is ours now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO idempotency_storedanswer (caller, key, request_hash, status, body, at) VALUES (%s, %s, %s, 0, '', %s) "
            "ON CONFLICT (caller, key) DO NOTHING",
            [caller, key, request_hash, utc_now()],
        )
        if cursor.rowcount:
            return None
    return StoredAnswer.objects.get(caller=caller, key=key)


def _replay(stored: StoredAnswer, request_hash: str) -> HttpResponse:
    if stored.request_hash != request_hash:
        return _complaint(KeyReused())
    response = HttpResponse(stored.body, status=stored.status, content_type="application/json")
    response["Idempotency-Replayed"] = "true"
    return response


def _complaint(error: Conflict | Invalid) -> HttpResponse:
    return JsonResponse(error.as_json(), status=error.status)
