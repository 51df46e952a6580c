"""A daemon against a model of it, by random stories that hypothesis shrinks: `model BIN STEPS [SEED]`.

Every command is given to both, and both must agree on its status; then every secret that was ever
shown is validated, and some rights are asked. What was acknowledged must hold over kills, and what a
copy held over its restoration. Each story is about some areas and no others: what takes three steps
of one kind in a row would seldom come about among all that can be done.
"""

import copy
import os
import random
import shutil
import signal
import sys
import time

import hypothesis
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from calls import GRPC, duration, mask
from clocks import SECOND, WALL, Clocks
from daemon import Daemon
from world import ADMINISTRATION, ROLES, TYPES, Token, World

SCOPES = {"INGEST": 1, "API": 2, "RUM": 3}
# Few names, so that stories meet the same things again; one organization more than the other.
ORGANIZATIONS = ("acme", "globex")
USERS = ("ann", "bob", "cy")
RESOURCES = (("dashboard", "1"), ("dashboard_group", "1"), ("detector", "1"))
organizations = st.sampled_from(["acme"] * 4 + ["globex"])
users = st.sampled_from(USERS)
teams = st.sampled_from(["ops", "web"])
resources = st.sampled_from(RESOURCES)
writers = st.one_of(
    st.tuples(st.just("user"), users), st.tuples(st.just("team"), teams))
# One of them is no role.
role_sets = st.sets(st.sampled_from([*ROLES, "owner"]), max_size=3).map(frozenset)
scope_sets = st.sets(st.sampled_from(list(SCOPES)), min_size=1).map(frozenset)
# What is asked of every bearer after every step: an action, a resource, and a user it is about.
RIGHTS = [
    ("team.create", None, None), ("datapoint.ingest", None, None),
    *((f"{kind}.update", (kind, name), None) for kind, name in RESOURCES),
    *(("team.remove_member", None, user) for user in USERS),
    *(("dashboard.remove_writer", RESOURCES[0], user) for user in USERS),
]
# What is asked now and then.
FURTHER = [
    *((action, None, None) for action in ADMINISTRATION),
    *((f"user_token.{verb}", None, user) for verb in ("issue", "get", "revoke") for user in USERS),
    *((f"{kind}.{verb}", (kind, name), None) for kind, name in RESOURCES
      for verb in ("create", "delete", "set_writer", "remove_writer")),
]


# A story that fails is told again and again, shorter, for so many seconds.
engine.MAX_SHRINKING_SECONDS = 60
# Steps of a story, and stories that are told by one seed.
LENGTH, PART = 100, 10
AREAS = ("people", "teams", "resources", "tokens", "org tokens", "ends")
few_areas = st.sets(st.sampled_from(AREAS), min_size=1, max_size=2)
area_sets = st.one_of(few_areas, few_areas, few_areas, st.just(set(AREAS)))


def of(area):
    """A rule for the stories that are about an area."""
    return precondition(lambda story: area in story.areas)


# How far a wall clock is wrong: always by more than the ledger's time follows.
HOUR = 3600 * SECOND
clock_errors = st.sampled_from([0, -24 * HOUR, -HOUR, HOUR, 31 * 24 * HOUR, 365 * 24 * HOUR])


class Story(RuleBasedStateMachine):
    programs = None
    clocks = None
    steps = 0
    shown = Bundle("shown")
    org_tokens = Bundle("org_tokens")

    def __init__(self):
        super().__init__()
        self.world = World()
        self.clocks[WALL] = 0
        self.daemon = Daemon(self.programs).start(self.clocks.environment())
        self.client = GRPC(self.daemon.socket)
        # A copy of the ledger, and what the world was like then.
        self.saved = None
        self.areas = ()
        # Which rights an invariant asks for; the story is the same for the same choices.
        self.random = random.Random(7)

    def teardown(self):
        self.client.close()
        self.daemon.close()

    def agree(self, expected, method, **fields):
        status, answer = self.client.call(method, **fields)
        assert status == expected, f"{method}: {status}, and the model says {expected}"
        return answer

    # The directory, by an operator.

    @initialize(target=shown, areas=area_sets)
    def begin(self, areas):
        """Enough for the first step to mean something."""
        self.areas = areas
        self.create_organization("acme", "ann")
        for user in USERS:
            self.invite("acme", user)
        self.create_team("acme", "ops")
        self.set_member("acme", "ops", "bob", True)
        for key in RESOURCES:
            self.put_resource("acme", key)
        self.set_writer("acme", RESOURCES[0], ("team", "ops"), True)
        return multiple(self.issue("acme", "ann"), self.issue("acme", "bob"))

    @of("people")
    @rule(name=organizations, administrator=users)
    def create_organization(self, name, administrator):
        self.agree(
            self.world.create_organization(name, administrator), "CreateOrganization",
            organization_id=name, administrator_user_id=administrator)

    @of("people")
    @rule(name=organizations, is_meant=st.sampled_from([False, False, True]))
    def delete_organization(self, name, is_meant):
        # Not so often that nothing grows.
        if not is_meant:
            return
        self.agree(
            self.world.delete_organization(name), "DeleteOrganization",
            organization_id=name)

    @of("people")
    @rule(organization=organizations, user=users)
    def invite(self, organization, user):
        self.agree(
            self.world.invite(organization, user), "InviteUser",
            organization_id=organization, user_id=user)

    @of("people")
    @rule(organization=organizations, user=users, administrator=st.booleans())
    def set_administrator(self, organization, user, administrator):
        self.agree(
            self.world.set_administrator(organization, user, administrator), "SetAdministrator",
            organization_id=organization, user_id=user, administrator=administrator)

    @of("people")
    @rule(organization=organizations, user=users, roles=role_sets)
    def set_roles(self, organization, user, roles):
        answer = self.agree(
            self.world.set_roles(organization, user, roles), "SetUserRoles",
            organization_id=organization, user_id=user, roles=sorted(roles))
        if answer is not None:
            assert list(answer.user.roles) == sorted(roles), answer.user

    @of("people")
    @rule(organization=organizations, user=users)
    def look_at_user(self, organization, user):
        there = self.world.organizations.get(organization)
        known = there.users.get(user) if there else None
        answer = self.agree(
            "OK" if known else "NOT_FOUND", "GetUser", organization_id=organization, user_id=user)
        if answer is not None:
            told = (answer.user.administrator, list(answer.user.roles))
            assert told == (known.administrator, sorted(known.roles)), f"{user}: {told}"

    @of("people")
    @rule(organization=organizations, user=users)
    def delete_user(self, organization, user):
        self.agree(
            self.world.delete_user(organization, user), "DeleteUser",
            organization_id=organization, user_id=user)

    @of("teams")
    @rule(organization=organizations, team=teams)
    def create_team(self, organization, team):
        self.agree(
            self.world.create_team(organization, team), "CreateTeam",
            organization_id=organization, team_id=team)

    @of("teams")
    @rule(organization=organizations, team=teams)
    def delete_team(self, organization, team):
        self.agree(
            self.world.delete_team(organization, team), "DeleteTeam",
            organization_id=organization, team_id=team)

    @of("teams")
    @rule(organization=organizations, team=teams, user=users, present=st.booleans())
    def set_member(self, organization, team, user, present):
        self.agree(
            self.world.set_member(organization, team, user, present),
            "AddTeamMember" if present else "RemoveTeamMember", organization_id=organization,
            team_id=team, user_id=user)

    @of("resources")
    @rule(organization=organizations, key=resources)
    def put_resource(self, organization, key):
        self.agree(
            self.world.put_resource(organization, key, None), "PutResource",
            organization_id=organization, resource_type=key[0], resource_id=key[1])

    @of("resources")
    @rule(organization=organizations, key=resources)
    def delete_resource(self, organization, key):
        self.agree(
            self.world.delete_resource(organization, key), "DeleteResource",
            organization_id=organization, resource_type=key[0], resource_id=key[1])

    @of("resources")
    @rule(organization=organizations, key=resources, writer=writers, present=st.booleans())
    def set_writer(self, organization, key, writer, present):
        self.agree(
            self.world.set_writer(organization, key, writer, present),
            "SetWriter" if present else "RemoveWriter", organization_id=organization,
            resource_type=key[0], resource_id=key[1], writer={f"{writer[0]}_id": writer[1]})

    # The same, by the bearer of a token: what it may not do must not happen.

    @of("resources")
    @rule(secret=shown, key=resources)
    def put_resource_as(self, secret, key):
        token = self.world.bearer(secret)
        if token is None:
            expected = "UNAUTHENTICATED"
        else:
            there = self.world.organizations[token.organization].resources
            verb = "update" if key in there else "create"
            expected = "PERMISSION_DENIED"
            if self.world.may(token, f"{key[0]}.{verb}", resource_id=key[1]):
                expected = self.world.put_resource(token.organization, key, token.user)
        organization = token.organization if token else "acme"
        self.agree(
            expected, "PutResource", bearer=secret, organization_id=organization,
            resource_type=key[0], resource_id=key[1])

    @of("people")
    @rule(secret=shown, organization=organizations, user=users)
    def delete_user_as(self, secret, organization, user):
        token = self.world.bearer(secret)
        if token is None:
            expected = "UNAUTHENTICATED"
        elif self.world.may(token, "organization_user.delete", organization):
            expected = self.world.delete_user(organization, user)
        else:
            expected = "PERMISSION_DENIED"
        self.agree(
            expected, "DeleteUser", bearer=secret, organization_id=organization,
            user_id=user)

    # Tokens.

    @of("tokens")
    @rule(target=shown, organization=organizations, user=users)
    def issue(self, organization, user):
        there = self.world.organizations.get(organization)
        expected = "OK" if there and user in there.users else "NOT_FOUND"
        answer = self.agree(
            expected, "IssueToken", organization_id=organization, user_id=user)
        if answer is None:
            return multiple()
        token = Token(organization, user, None, frozenset())
        self.world.issued(answer.secret, answer.token.id, token)
        return answer.secret

    @of("tokens")
    @rule(target=shown, secret=shown, organization=organizations, user=users)
    def issue_as(self, secret, organization, user):
        token = self.world.bearer(secret)
        expected = "UNAUTHENTICATED"
        if token is not None:
            may = self.world.may(token, "user_token.issue", organization, target_user=user)
            expected = "OK" if may else "PERMISSION_DENIED"
        answer = self.agree(
            expected, "IssueToken", bearer=secret, organization_id=organization,
            user_id=user)
        if answer is None:
            return multiple()
        issued = Token(organization, user, None, frozenset())
        self.world.issued(answer.secret, answer.token.id, issued)
        return answer.secret

    @of("org tokens")
    @rule(target=org_tokens, organization=organizations, name=st.sampled_from(["ci", "rum"]),
          scopes=scope_sets)
    def issue_org_token(self, organization, name, scopes):
        expected = "OK"
        if organization not in self.world.organizations:
            expected = "NOT_FOUND"
        elif self.world.name_is_taken(organization, name):
            expected = "ALREADY_EXISTS"
        answer = self.agree(
            expected, "IssueToken", organization_id=organization, name=name,
            scopes=[SCOPES[scope] for scope in scopes])
        if answer is None:
            return multiple()
        token = Token(organization, None, name, scopes)
        self.world.issued(answer.secret, answer.token.id, token)
        return answer.token.id

    @of("org tokens")
    @rule(token_id=org_tokens, has_grace=st.booleans())
    def rotate(self, token_id, has_grace):
        token = self.world.tokens[token_id]
        expected = "FAILED_PRECONDITION" if token.revoked or token.disabled else "OK"
        if token.lost:
            expected = "NOT_FOUND"
        answer = self.agree(
            expected, "RotateOrgToken", token_id=token_id,
            grace_period=duration(3600 if has_grace else 0))
        if answer is not None:
            self.world.rotated(token_id, answer.secret, has_grace)

    @of("org tokens")
    @rule(token_id=org_tokens, disabled=st.booleans())
    def switch(self, token_id, disabled):
        token = self.world.tokens[token_id]
        expected = "FAILED_PRECONDITION" if token.revoked else "OK"
        if token.lost:
            expected = "NOT_FOUND"
        self.agree(
            expected, "UpdateOrgToken", token_id=token_id, update_mask=mask("disabled"),
            disabled=disabled)
        if not token.revoked:
            token.disabled = disabled

    @of("org tokens")
    @rule(token_id=org_tokens)
    def end_grace(self, token_id):
        token = self.world.tokens[token_id]
        expected = "FAILED_PRECONDITION" if token.revoked else "OK"
        if token.lost:
            expected = "NOT_FOUND"
        self.agree(
            expected, "UpdateOrgToken", token_id=token_id,
            update_mask=mask("previous_secret_expires_at"))
        if not token.revoked:
            self.world.end_grace(token_id)

    @of("tokens")
    @rule(secret=shown)
    def revoke(self, secret):
        self.agree("OK", "RevokeToken", secret=secret)
        self.world.tokens[self.world.secrets[secret].token].revoked = True

    @of("org tokens")
    @rule(token_id=consumes(org_tokens))
    def revoke_by_id(self, token_id):
        self.agree("OK", "RevokeToken", token_id=token_id)
        self.world.tokens[token_id].revoked = True

    @of("tokens")
    @rule(organization=organizations, user=st.one_of(st.none(), users),
          kind=st.sampled_from([0, 1, 2]))
    def revoke_many(self, organization, user, kind):
        fields = {"organization_id": organization, "kind": kind}
        if user is not None:
            fields["user_id"] = user
        # An absent user has nothing to revoke.
        expected = "OK" if organization in self.world.organizations else "NOT_FOUND"
        answer = self.agree(expected, "RevokeTokens", **fields)
        if answer is None:
            return
        active = sum(
            1 for token in self.world.tokens.values()
            if not token.revoked and not token.disabled and self.selects(token, fields))
        self.world.revoke(lambda token: self.selects(token, fields))
        assert answer.done and answer.revoked_count >= active

    @staticmethod
    def selects(token, fields):
        if token.organization != fields["organization_id"]:
            return False
        if "user_id" in fields and token.user != fields["user_id"]:
            return False
        return fields["kind"] in (0, 1 if token.user is not None else 2)

    # What happens to daemons.

    @of("ends")
    @rule(how=st.sampled_from([signal.SIGTERM, signal.SIGKILL]))
    def restart(self, how):
        self.end(how)
        self.begin_again()

    def end(self, how=signal.SIGTERM):
        self.client.close()
        self.daemon.signal(how)
        code = self.daemon.wait()
        expected = 0 if how == signal.SIGTERM else -how
        assert code == expected, f"the daemon ended with {code}"

    def begin_again(self):
        self.daemon.start(self.clocks.environment())
        self.client = GRPC(self.daemon.socket)

    @of("ends")
    @rule(error=clock_errors)
    def set_clock(self, error):
        """No secret ends by it, and none that has ended is good again."""
        self.clocks[WALL] = error

    @of("ends")
    @rule()
    def back_up(self):
        path = f"{self.daemon.folder}/copy"
        if os.path.exists(path):
            os.remove(path)
        self.agree("OK", "Backup", path=path)
        self.saved = copy.deepcopy(self.world)

    @precondition(lambda self: "ends" in self.areas and self.saved is not None)
    @rule()
    def restore(self):
        """Goes on from the copy, on a new disk."""
        self.end()
        shutil.rmtree(self.daemon.data)
        self.daemon.restore(f"{self.daemon.folder}/copy")
        # Only the wall clock tells how old a copy is.
        self.clocks[WALL] = 0
        self.world = self.world.restored(self.saved)
        self.begin_again()

    # What must hold after every step.

    @invariant()
    def secrets_are_as_good_as_they_should_be(self):
        Story.steps += 1
        for secret, known in self.world.secrets.items():
            _, answer = self.client.call("ValidateToken", secret=secret)
            expected = self.world.is_active(secret)
            assert answer.active == expected, f"a secret of {known}: active is {answer.active}"
            if expected:
                token = self.world.tokens[known.token]
                assert answer.user_id == (token.user or "")
                assert answer.organization_id == token.organization

    @invariant()
    def the_last_administrator_stays(self):
        """Makes calls that must be refused, so that a wrong count is found at once."""
        for name, organization in self.world.organizations.items():
            administrators = organization.administrators()
            if len(administrators) == 1:
                self.agree(
                    "FAILED_PRECONDITION", "SetAdministrator", organization_id=name,
                    user_id=administrators[0], administrator=False)

    @precondition(lambda self: self.world.secrets)
    @invariant()
    def rights_are_as_they_should_be(self):
        questions = []
        for secret in list(self.world.secrets)[-12:]:
            questions += [(secret, None, *right) for right in RIGHTS]
            questions.append(
                (secret, self.random.choice(ORGANIZATIONS), *self.random.choice(FURTHER)))
        items = []
        for secret, organization, action, key, target in questions:
            resource = {"organization_id": organization or "", "id": key[1] if key else ""}
            items.append({
                "token_secret": secret, "action": action, "resource": resource,
                "target_user_id": target or ""})
        answer = self.agree("OK", "BatchCheck", items=items)
        assert len(answer.results) == len(items)
        for result, question in zip(answer.results, questions):
            secret, organization, action, key, target = question
            token = self.world.bearer(secret)
            expected = token is not None and self.world.may(
                token, action, organization, key[1] if key else None, target)
            assert result.allowed == expected, (
                f"{action} on {key} of {organization} about {target}: allowed is"
                f" {result.allowed} for {token}")


def main():
    programs, steps = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    Story.programs, Story.clocks = programs, Clocks()
    try:
        tell(steps, seed)
    finally:
        Story.clocks.close()


def tell(steps, seed):
    print(f"model: {steps} steps, seed {seed}", flush=True)
    begun, stories = time.monotonic(), 0
    while Story.steps < steps:
        # Each part has a seed of its own, so that one that fails can be told alone.
        part = type("Story", (Story,), {})
        hypothesis.seed(seed + stories)(part)
        run_state_machine_as_test(
            part,
            settings=hypothesis.settings(
                max_examples=PART, stateful_step_count=LENGTH, deadline=None, database=None,
                print_blob=False, report_multiple_bugs=False,
                suppress_health_check=list(hypothesis.HealthCheck)))
        stories += PART
    print(f"ok model: {Story.steps} steps in {stories} stories, in all of which daemon and model agree;"
          f" seed {seed}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
