"""What the HTTP face itself refuses; the features' errors come through as they are."""

from __future__ import annotations

from crossdock.kernel.errors import CrossdockError, Invalid, Refused


class InvalidJson(Invalid):
    """The body is not JSON."""

    code = "invalid_json"
    title = "The body is not JSON"
    next_step = "Send UTF-8 JSON; `detail` says where the reader stopped."


class InvalidParameter(Invalid):
    """A part of the address or a header does not follow the schema."""

    code = "invalid_parameter"
    title = "A parameter does not follow the schema"
    next_step = "Correct the parameters named in `errors`."


class InvalidCursor(Refused):
    """The cursor is none that this list gave out."""

    code = "invalid_cursor"
    title = "This cursor is none that this list gave out"
    next_step = "Start again without `cursor`, and keep filters and sort as they are while you page."


class RepeatedKey(Refused):
    """One request names the same thing twice."""

    code = "repeated_key"
    title = "The request names the same thing twice"
    next_step = "Send each SKU or code once."


class KeyDiffers(Refused):
    """The document's own code is not the one in the address."""

    code = "key_differs"
    title = "The document names another key than the address"
    next_step = "Use the same code in the address and in the document."


class Unauthorized(CrossdockError):
    """The request carries no key that opens anything."""

    code = "unauthorized"
    status = 401
    title = "An API key is needed"
    next_step = "Send `Authorization: Bearer cdk_…`; `crossdock keys create` makes a key."


class Forbidden(CrossdockError):
    """The key lacks the scope."""

    code = "forbidden"
    status = 403
    title = "This key may not do that"
    next_step = "Use a key that has the scope named in `detail`."


class NoSuchRoute(CrossdockError):
    """The address is none of the API's."""

    code = "no_such_route"
    status = 404
    title = "There is nothing at this address"
    next_step = "GET /openapi.json lists every address; GET /docs shows them."


class MethodNotAllowed(CrossdockError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    title = "This address does not take that method"
    next_step = "The Allow header lists the methods."


class BodyTooLarge(CrossdockError):
    """The body is larger than the limit."""

    code = "body_too_large"
    status = 413
    title = "The body is too large"
    next_step = "Send fewer items at a time, or use POST /v1/orders:import for NDJSON of any size."


class UnsupportedMediaType(CrossdockError):
    """The body is of another media type."""

    code = "unsupported_media_type"
    status = 415
    title = "The body is of another media type than this address takes"
    next_step = "Set Content-Type as the operation says."


class EmptyUpload(Refused):
    """The upload has nothing in it."""

    code = "empty_upload"
    title = "The upload is empty"
    next_step = "Send NDJSON with an order on each line."


class ScopeNotYours(Forbidden):
    """A key cannot hand out what it does not have."""

    code = "scope_not_yours"
    title = "A key cannot hand out a scope that it lacks"
    next_step = "Leave the scope out, or use a key that has it."


class OwnKey(Refused):
    """A key cannot revoke itself, so that nobody locks everybody out."""

    code = "own_key"
    title = "A key cannot revoke itself"
    next_step = "Revoke it with another key that has the scope keys:write, or with `crossdock keys revoke`."
