"""What can go wrong at the door."""

from __future__ import annotations

from crossdock.kernel.errors import Refused


class SignInLinkUnusable(Refused):
    """A sign-in link that was used, has expired or never existed; which of them is nobody's business."""

    code = "sign_in_link_unusable"
    status = 403
    title = "This sign-in link cannot be used"
    next_step = "Ask for a new link; each works once and for a limited time."


class UserDisabled(Refused):
    """The user is known, but may not sign in any more."""

    code = "user_disabled"
    status = 403
    title = "This user may not sign in"
    next_step = "Ask an administrator to enable the user again."
