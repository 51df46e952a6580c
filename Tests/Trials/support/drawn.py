"""Changes and questions of what `things.py` tells of, drawn for the clients of a history.

A change is its operation and argument, as the history has them, with the method and its fields.
"""

from calls import duration, mask

QUESTIONS_OF_USERS = (("may administrate", "team.create", ""), ("may write", "dashboard.update", "1"))


def token_operation(draw, revokes):
    """One operation on a token; `revokes` of some 75 are a revoke, after which little happens."""
    return draw.choices(("disable", "rotate", "end grace", "revoke"), (30, 30, 12, revokes))[0]


def token_change(draw, operation, token_id):
    is_meant = draw.random() < 0.5
    fields = {"token_id": token_id}
    if operation == "disable":
        fields |= {"update_mask": mask("disabled"), "disabled": is_meant}
        return operation, is_meant, "UpdateOrgToken", fields
    if operation == "end grace":
        fields["update_mask"] = mask("previous_secret_expires_at")
        return operation, None, "UpdateOrgToken", fields
    if operation == "rotate":
        fields["grace_period"] = duration(3600 if is_meant else 0)
        # Its new secret is not known if no answer comes.
        return operation, (is_meant, f"unknown {draw.random()}"), "RotateOrgToken", fields
    return operation, None, "RevokeToken", fields


def user_change(draw, organization_id, user_id, invitations):
    is_meant = draw.random() < 0.5
    operation = draw.choices(
        ("administrator", "member", "delete", "invite"), (5, 5, 1, invitations))[0]
    fields = {"organization_id": organization_id, "user_id": user_id}
    if operation == "administrator":
        return operation, is_meant, "SetAdministrator", {"administrator": is_meant, **fields}
    if operation == "member":
        method = "AddTeamMember" if is_meant else "RemoveTeamMember"
        return operation, is_meant, method, {"team_id": "ops", **fields}
    return operation, None, "DeleteUser" if operation == "delete" else "InviteUser", fields


def question(draw, thing, organization_id):
    """Operation and argument of a question about a thing, with the method and its fields."""
    if thing.kind == "token":
        secret = draw.choice(thing.secrets)
        return "validate", secret, "ValidateToken", {"secret": secret}
    operation, action, name = draw.choice(QUESTIONS_OF_USERS)
    return operation, None, "Check", {
        "action": action, "resource": {"id": name},
        "user": {"organization_id": organization_id, "user_id": thing.name}}
