"""Random changes of one organization, for a daemon and for a model of it alike."""

from dataclasses import dataclass, replace
from typing import Callable

from calls import duration, mask
from world import ROLES, Token

SCOPES = {"INGEST": 1, "API": 2, "RUM": 3}
USERS = ("ann", "bob", "cy", "dee")
TEAMS = ("ops", "web")
RESOURCES = (("dashboard", "1"), ("dashboard_group", "1"), ("detector", "1"))
# The name of a secret that was made, perhaps, and never told.
LOST = "lost"
# How many tokens an organization gets before it is deleted, and how many of a deleted one are kept
# in mind.
MOST_TOKENS = 150
BURIED = 30


@dataclass
class Change:
    """A call, and what the model makes of it: given the answer, it returns the expected status.

    Without an answer the model takes the change for done, `found` being the id of a token that
    no answer told.
    """

    method: str
    fields: dict
    apply: Callable  # (world, answer, found) -> status
    # Whose tokens end before the change itself, in steps of their own; None for none.
    first_revokes: Callable | None = None
    # The token that the change gave an unknown secret, if the answer was lost.
    shows_secret_of: str | None = None


class Changes:
    """Draws changes of an organization that only one client changes."""

    def __init__(self, organization, random):
        self.organization, self.random = organization, random
        # Tokens of organizations that had this id before; operators see them still.
        self.buried = set()

    def draw(self, world):
        if self.organization not in world.organizations:
            return self.create_organization(world)
        # What has to be compared after each kill stays small.
        if len(world.tokens) > MOST_TOKENS:
            return self.delete_organization()
        choices = [
            (self.issue, 24), (self.revoke, 14), (self.issue_org_token, 8), (self.rotate, 8),
            (self.end_grace, 5), (self.disable, 8), (self.revoke_org_token, 4), (self.revoke_many, 3),
            (self.invite, 6), (self.delete_user, 4), (self.set_administrator, 8),
            (self.set_roles, 4),
            (self.create_team, 4), (self.delete_team, 2), (self.set_member, 10),
            (self.put_resource, 4), (self.delete_resource, 2), (self.set_writer, 10),
            (self.delete_organization, 1),
        ]
        while True:
            make = self.random.choices(*zip(*choices))[0]
            change = make(world)
            if change is not None:
                return change

    def forget(self, world):
        """Keeps but a few of the tokens of a deleted organization in mind, which are dead for good."""
        if self.organization in world.organizations:
            return
        shown = list(world.secrets)
        for text in shown[:-BURIED]:
            del world.secrets[text]
        kept = {secret.token for secret in world.secrets.values()}
        self.buried.update(world.tokens)
        world.tokens = {key: token for key, token in world.tokens.items() if key in kept}

    def there(self, world):
        return world.organizations[self.organization]

    def change(self, method, apply, **fields):
        return Change(
            method, {"organization_id": self.organization, **fields},
            lambda world, answer, found: apply(world))

    # Tokens.

    def issue(self, world):
        user = self.random.choice(USERS)
        status = "OK" if user in self.there(world).users else "NOT_FOUND"
        return Change(
            "IssueToken", {"organization_id": self.organization, "user_id": user},
            self.issued(status, Token(self.organization, user, None, frozenset())))

    def issue_org_token(self, world):
        name = self.random.choice(("ci", "rum", "agent"))
        scope = self.random.choice(list(SCOPES))
        status = "ALREADY_EXISTS" if world.name_is_taken(self.organization, name) else "OK"
        return Change(
            "IssueToken",
            {"organization_id": self.organization, "name": name, "scopes": [SCOPES[scope]]},
            self.issued(status, Token(self.organization, None, name, frozenset([scope]))))

    @staticmethod
    def issued(status, token):
        def apply(world, answer, found):
            # A token of each world's own: a change can be applied to several.
            if answer is not None:
                world.issued(answer.secret, answer.token.id, replace(token))
            elif status == "OK" and found is not None:
                world.issued(f"{LOST} {found}", found, replace(token))
            return status
        return apply

    def secret(self, world):
        known = [text for text, secret in world.secrets.items()
                 if not text.startswith(LOST)
                 and world.tokens[secret.token].organization == self.organization]
        return self.random.choice(known) if known else None

    def org_token(self, world):
        ids = [key for key, token in world.tokens.items()
               if token.name and token.organization == self.organization and not token.revoked]
        return self.random.choice(ids) if ids else None

    def revoke(self, world):
        secret = self.secret(world)
        if secret is None:
            return None
        known = world.secrets[secret]
        # A secret from before a rotation, out of grace, is unknown.
        return self.revocation(known.token, known.good, secret=secret)

    def revoke_org_token(self, world):
        key = self.org_token(world)
        return None if key is None else self.revocation(key, True, token_id=key)

    @staticmethod
    def revocation(key, counts, **fields):
        def apply(world, answer, found):
            if counts:
                world.tokens[key].revoked = True
            return "OK"
        return Change("RevokeToken", fields, apply)

    def revoke_many(self, world):
        user = self.random.choice((None, *USERS))
        kind = self.random.choice((0, 1, 2))
        fields = {"organization_id": self.organization, "kind": kind}
        if user is not None:
            fields["user_id"] = user

        def selects(token):
            return (token.organization == self.organization and (user is None or token.user == user)
                    and kind in (0, 1 if token.user is not None else 2))

        def apply(world, answer, found):
            world.revoke(selects)
            return "OK"
        return Change("RevokeTokens", fields, apply, first_revokes=selects)

    def rotate(self, world):
        key = self.org_token(world)
        if key is None:
            return None
        has_grace = self.random.random() < 0.6
        status = "FAILED_PRECONDITION" if world.tokens[key].disabled else "OK"

        def apply(world, answer, found):
            if status == "OK":
                secret = answer.secret if answer is not None else f"{LOST} {key} {len(world.secrets)}"
                world.rotated(key, secret, has_grace)
            return status
        return Change(
            "RotateOrgToken",
            {"token_id": key, "grace_period": duration(3600 if has_grace else 0)}, apply,
            shows_secret_of=key)

    def end_grace(self, world):
        key = self.org_token(world)
        if key is None:
            return None

        def apply(world, answer, found):
            world.end_grace(key)
            return "OK"
        return Change(
            "UpdateOrgToken",
            {"token_id": key, "update_mask": mask("previous_secret_expires_at")}, apply)

    def disable(self, world):
        key = self.org_token(world)
        if key is None:
            return None
        disabled = self.random.random() < 0.6

        def apply(world, answer, found):
            world.tokens[key].disabled = disabled
            return "OK"
        return Change(
            "UpdateOrgToken",
            {"token_id": key, "update_mask": mask("disabled"), "disabled": disabled}, apply)

    # The directory.

    def create_organization(self, world):
        user = self.random.choice(USERS)
        return self.change(
            "CreateOrganization",
            lambda world: world.create_organization(self.organization, user),
            administrator_user_id=user)

    def delete_organization(self, world=None):
        def apply(world, answer, found):
            status = world.delete_organization(self.organization)
            for token in world.tokens.values():
                token.organization = f"{self.organization} (deleted)"
            return status
        return Change(
            "DeleteOrganization", {"organization_id": self.organization}, apply,
            first_revokes=lambda token: token.organization == self.organization)

    def invite(self, world):
        user = self.random.choice(USERS)
        return self.change(
            "InviteUser", lambda world: world.invite(self.organization, user), user_id=user)

    def set_administrator(self, world):
        user, is_meant = self.random.choice(USERS), self.random.random() < 0.5
        return self.change(
            "SetAdministrator",
            lambda world: world.set_administrator(self.organization, user, is_meant),
            user_id=user, administrator=is_meant)

    def set_roles(self, world):
        user = self.random.choice(USERS)
        roles = frozenset(self.random.sample(ROLES, self.random.randrange(len(ROLES) + 1)))
        return self.change(
            "SetUserRoles", lambda world: world.set_roles(self.organization, user, roles),
            user_id=user, roles=sorted(roles))

    def delete_user(self, world):
        user = self.random.choice(USERS)
        change = self.change(
            "DeleteUser", lambda world: world.delete_user(self.organization, user), user_id=user)
        change.first_revokes = lambda token: (
            token.organization == self.organization and token.user == user)
        return change

    def create_team(self, world):
        team = self.random.choice(TEAMS)
        return self.change(
            "CreateTeam", lambda world: world.create_team(self.organization, team), team_id=team)

    def delete_team(self, world):
        team = self.random.choice(TEAMS)
        return self.change(
            "DeleteTeam", lambda world: world.delete_team(self.organization, team), team_id=team)

    def set_member(self, world):
        team, user = self.random.choice(TEAMS), self.random.choice(USERS)
        present = self.random.random() < 0.6
        return self.change(
            "AddTeamMember" if present else "RemoveTeamMember",
            lambda world: world.set_member(self.organization, team, user, present),
            team_id=team, user_id=user)

    def put_resource(self, world):
        key = self.random.choice(RESOURCES)
        return self.change(
            "PutResource", lambda world: world.put_resource(self.organization, key, None),
            resource_type=key[0], resource_id=key[1])

    def delete_resource(self, world):
        key = self.random.choice(RESOURCES)
        return self.change(
            "DeleteResource", lambda world: world.delete_resource(self.organization, key),
            resource_type=key[0], resource_id=key[1])

    def set_writer(self, world):
        key = self.random.choice(RESOURCES)
        writer = self.random.choice(
            [("user", user) for user in USERS] + [("team", team) for team in TEAMS])
        present = self.random.random() < 0.6
        return self.change(
            "SetWriter" if present else "RemoveWriter",
            lambda world: world.set_writer(self.organization, key, writer, present),
            resource_type=key[0], resource_id=key[1], writer={f"{writer[0]}_id": writer[1]})
