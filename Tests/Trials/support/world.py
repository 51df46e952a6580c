"""A model of a daemon: organizations, users, teams, resources and tokens in plain Python.

Written from the contract's comments and the table of rights, not from the daemon's code. Every
change returns the name of the status that the daemon should give.
"""

import copy
from dataclasses import dataclass, field, replace

TYPES = ("dashboard", "dashboard_group", "detector")
ADMINISTRATION = (
    *(f"integration.{verb}" for verb in ("create", "update", "delete", "validate")),
    *(f"org_token.{verb}" for verb in ("create", "update", "delete", "rotate")),
    *(f"metric_category.{verb}" for verb in ("create", "update", "delete")),
    *(f"team.{verb}" for verb in ("create", "update", "delete", "add_member")),
    "organization.get", "organization.invite_user", "organization.invite_users",
    "organization_user.get", "organization_user.grant_admin", "organization_user.delete",
    "organization_user.set_roles",
)
# Those of the built-in policy, which no rule of it asks for.
ROLES = ("power", "usage", "read_only")


@dataclass
class User:
    administrator: bool = False
    roles: frozenset = frozenset()


@dataclass
class Resource:
    # `("user", id)` or `("team", id)`.
    writers: set = field(default_factory=set)


@dataclass
class Organization:
    users: dict = field(default_factory=dict)
    teams: dict = field(default_factory=dict)
    resources: dict = field(default_factory=dict)

    def administrators(self):
        return [name for name, user in self.users.items() if user.administrator]


@dataclass
class Token:
    organization: str
    user: str | None
    name: str | None
    scopes: frozenset
    revoked: bool = False
    disabled: bool = False
    # Issued after the copy that was restored: the daemon doesn't know it any more.
    lost: bool = False


@dataclass
class Secret:
    """One text that was shown for a token; after a rotation a token has several."""

    token: str
    # Whether it is the newest of its token, or the one before it and still in grace.
    good: bool = True


class World:
    def __init__(self):
        self.organizations = {}
        self.tokens = {}
        self.secrets = {}

    # Tokens.

    def is_active(self, secret):
        known = self.secrets.get(secret)
        if known is None or not known.good:
            return False
        token = self.tokens[known.token]
        return not token.revoked and not token.disabled

    def bearer(self, secret):
        """The active token of a secret; None for none."""
        return self.tokens[self.secrets[secret].token] if self.is_active(secret) else None

    def issued(self, secret, token_id, token):
        self.tokens[token_id] = token
        self.secrets[secret] = Secret(token_id)

    def rotated(self, token_id, secret, has_grace):
        shown = [known for known in self.secrets.values() if known.token == token_id]
        for known in shown[:-1]:
            known.good = False
        if shown and not has_grace:
            shown[-1].good = False
        self.secrets[secret] = Secret(token_id)

    def end_grace(self, token_id):
        shown = [known for known in self.secrets.values() if known.token == token_id]
        for known in shown[:-1]:
            known.good = False

    def revoke(self, selects):
        """Revokes what `selects` is true of, and counts what was good until now."""
        count = 0
        for token in self.tokens.values():
            if not token.revoked and selects(token):
                count += 1
                token.revoked = True
        return count

    def revoke_found(self, selects, found):
        """Revokes of what `selects` is true of those that were found revoked, by id, as
        `state.of_daemon` has them: such a call goes in steps."""
        for key, token in self.tokens.items():
            if selects(token) and key in found and found[key][-1]:
                token.revoked = True

    def restored(self, saved):
        """The world of a copy; what was issued since is unknown for ever."""
        world = copy.deepcopy(saved)
        for key, token in self.tokens.items():
            if key not in world.tokens:
                world.tokens[key] = replace(token, lost=True, revoked=True)
        # The secrets of a token are in the order of its rotations, so these are those of another.
        world.tokens["unknown"] = Token("", None, None, frozenset(), revoked=True, lost=True)
        for text in self.secrets:
            if text not in world.secrets:
                world.secrets[text] = Secret("unknown", good=False)
        return world

    def name_is_taken(self, organization, name):
        return any(
            token.organization == organization and token.name == name and not token.revoked
            for token in self.tokens.values()
        )

    # The directory.

    def create_organization(self, name, administrator):
        if name in self.organizations:
            return "ALREADY_EXISTS"
        self.organizations[name] = Organization(users={administrator: User(True)})
        return "OK"

    def delete_organization(self, name):
        if self.organizations.pop(name, None) is None:
            return "NOT_FOUND"
        self.revoke(lambda token: token.organization == name)
        return "OK"

    def invite(self, organization, user):
        there = self.organizations.get(organization)
        if there is None:
            return "NOT_FOUND"
        there.users.setdefault(user, User())
        return "OK"

    def set_administrator(self, organization, user, administrator):
        there = self.organizations.get(organization)
        if there is None or user not in there.users:
            return "NOT_FOUND"
        if not administrator and there.administrators() == [user]:
            return "FAILED_PRECONDITION"
        there.users[user].administrator = administrator
        return "OK"

    def set_roles(self, organization, user, roles):
        if not roles <= set(ROLES):
            return "INVALID_ARGUMENT"
        there = self.organizations.get(organization)
        if there is None or user not in there.users:
            return "NOT_FOUND"
        there.users[user].roles = frozenset(roles)
        return "OK"

    def delete_user(self, organization, user):
        there = self.organizations.get(organization)
        if there is None:
            return "NOT_FOUND"
        if user not in there.users:
            return "OK"
        if there.administrators() == [user]:
            return "FAILED_PRECONDITION"
        del there.users[user]
        for members in there.teams.values():
            members.discard(user)
        for resource in there.resources.values():
            resource.writers.discard(("user", user))
        self.revoke(lambda token: token.organization == organization and token.user == user)
        return "OK"

    def create_team(self, organization, team):
        there = self.organizations.get(organization)
        if there is None:
            return "NOT_FOUND"
        if team in there.teams:
            return "ALREADY_EXISTS"
        there.teams[team] = set()
        return "OK"

    def delete_team(self, organization, team):
        there = self.organizations.get(organization)
        if there is None:
            return "NOT_FOUND"
        there.teams.pop(team, None)
        for resource in there.resources.values():
            resource.writers.discard(("team", team))
        return "OK"

    def set_member(self, organization, team, user, present):
        there = self.organizations.get(organization)
        if there is None or team not in there.teams:
            return "NOT_FOUND"
        if present and user not in there.users:
            return "NOT_FOUND"
        (there.teams[team].add if present else there.teams[team].discard)(user)
        return "OK"

    def put_resource(self, organization, key, creator):
        there = self.organizations.get(organization)
        if there is None:
            return "NOT_FOUND"
        if key not in there.resources:
            there.resources[key] = Resource({("user", creator)} if creator else set())
        return "OK"

    def delete_resource(self, organization, key):
        there = self.organizations.get(organization)
        if there is None:
            return "NOT_FOUND"
        there.resources.pop(key, None)
        return "OK"

    def set_writer(self, organization, key, writer, present):
        there = self.organizations.get(organization)
        if there is None or key not in there.resources:
            return "NOT_FOUND"
        kind, name = writer
        if present and name not in (there.users if kind == "user" else there.teams):
            return "NOT_FOUND"
        writers = there.resources[key].writers
        (writers.add if present else writers.discard)(writer)
        return "OK"

    # Rights.

    def may(self, token, action, organization=None, resource_id=None, target_user=None):
        """Whether the bearer of an active token may do an action."""
        organization = organization or token.organization
        if action == "datapoint.ingest":
            return "INGEST" in token.scopes and organization == token.organization
        if token.user is None or organization != token.organization:
            return False
        there = self.organizations[organization]
        me = there.users[token.user]
        if action in ADMINISTRATION:
            return me.administrator
        oneself = target_user == token.user
        if action == "team.remove_member":
            return me.administrator or oneself
        if action == "user_token.issue":
            return oneself
        if action in ("user_token.get", "user_token.list", "user_token.revoke"):
            return me.administrator or oneself
        kind, verb = action.split(".")
        if kind not in TYPES:
            raise ValueError(action)
        if verb == "create":
            return True
        if me.administrator or (verb == "remove_writer" and oneself):
            return True
        resource = there.resources.get((kind, resource_id))
        return resource is not None and any(
            name == token.user if of == "user" else token.user in there.teams[name]
            for of, name in resource.writers
        )
