"""The console: pages made on our side, closed to strangers, without a line of script that is not ours."""

from crossdock.web.router import web_router

__all__ = ["web_router"]
