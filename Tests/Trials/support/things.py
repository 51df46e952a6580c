"""The things of histories: a token and a user's rights, each as the contract has it.

`step(state, call)` is the state after a call, or None if the call can't have had its answer. A call
without an answer, whose result is None, can always have happened.
"""


def token(state, call):
    """The state of an org token: its newest secret, the one in grace or None, disabled, revoked."""
    newest, old, disabled, revoked = state
    wanted, after = "OK", state
    if call.operation == "validate":
        is_good = not disabled and not revoked and call.argument in (newest, old)
        return state if call.result == is_good else None
    if call.operation == "revoke":
        after = (newest, old, disabled, True)
    elif call.operation == "disable":
        wanted = "FAILED_PRECONDITION" if revoked else "OK"
        after = (newest, old, call.argument, revoked)
    elif call.operation == "end grace":
        wanted = "FAILED_PRECONDITION" if revoked else "OK"
        after = (newest, None, disabled, revoked)
    elif call.operation == "rotate":
        has_grace, secret = call.argument
        wanted = "FAILED_PRECONDITION" if revoked or disabled else "OK"
        after = (secret, newest if has_grace else None, disabled, revoked)
    if call.result not in (None, wanted):
        return None
    return after if wanted == "OK" else state


def user(state, call):
    """The state of a user: whether it is in the organization, an administrator, in the team."""
    present, administrator, in_team = state
    wanted, after = "OK", state
    if call.operation == "may administrate":
        return state if call.result == administrator else None
    if call.operation == "may write":
        return state if call.result == (administrator or in_team) else None
    if call.operation == "invite":
        after = (True, administrator, in_team)
    elif call.operation == "delete":
        after = (False, False, False)
    elif call.operation == "administrator":
        wanted = "OK" if present else "NOT_FOUND"
        after = (present, call.argument, in_team)
    elif call.operation == "member":
        wanted = "OK" if present or not call.argument else "NOT_FOUND"
        after = (present, administrator, call.argument)
    if call.result not in (None, wanted):
        return None
    return after if wanted == "OK" else state
