"""The HTTP face: resources, actions and lists under ``/v1``, described by one OpenAPI document."""

from crossdock.api.asgi import Api
from crossdock.api.backend import Backend
from crossdock.api.build import api_handlers, create_api, create_import_runner, create_supply_runner

__all__ = ["Api", "Backend", "api_handlers", "create_api", "create_import_runner", "create_supply_runner"]
