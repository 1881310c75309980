"""The HTTP face: resources, actions and lists under ``/v1``, described by one OpenAPI document."""
