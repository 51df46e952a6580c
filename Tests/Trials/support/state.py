"""The state of an organization, as a daemon tells it and as a model has it, in the same form."""

from changes import LOST, SCOPES

REVOKED = 4


def of_daemon(client, organization, world, buried, asked):
    """The state as the daemon tells it, and the ids of tokens that the model doesn't know."""
    status, records = client.calls("Export", organization_id=organization)
    if status == "NOT_FOUND":
        directory = None
    else:
        assert status == "OK", f"Export: {status}"
        directory = directory_of(records)
    tokens = tokens_of(client, organization) if directory is not None else {}
    strangers = [key for key in tokens if key not in world.tokens and key not in buried]
    tokens = {
        key: token for key, token in tokens.items() if key in strangers
        or key in world.tokens and world.tokens[key].organization == organization}
    secrets = {
        text: validate(client, text) for text in world.secrets if not text.startswith(LOST)}
    return (directory, tokens, secrets, rights_of(client, asked)), strangers


def of_model(world, organization, asked):
    there = world.organizations.get(organization)
    directory = None
    tokens = {}
    if there is not None:
        directory = (
            {name: (user.administrator, user.roles) for name, user in there.users.items()},
            {name: frozenset(members) for name, members in there.teams.items()},
            {key: frozenset(resource.writers) for key, resource in there.resources.items()})
        tokens = {
            key: (token.user or "", token.name or "", token.scopes, token.revoked)
            for key, token in world.tokens.items() if token.organization == organization}
    secrets = {
        text: world.is_active(text) for text in world.secrets if not text.startswith(LOST)}
    rights = {
        question: world.bearer(question[0]) is not None and world.may(
            world.bearer(question[0]), *question[1:])
        for question in asked}
    return directory, tokens, secrets, rights


def difference(expected, seen):
    """The difference, as text; None if there is none."""
    for name, one, other in zip(("directory", "tokens", "secrets", "rights"), expected, seen):
        if one != other:
            if isinstance(one, dict):
                keys = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
                one, other = ({key: side.get(key) for key in keys} for side in (one, other))
            return f"the {name}:\n  acknowledged {one}\n  found        {other}"
    return None


def directory_of(records):
    users, teams, resources = {}, {}, {}
    for answer in records:
        for record in answer.records:
            kind = record.WhichOneof("record")
            value = getattr(record, kind)
            if kind == "user":
                users[value.id] = (value.administrator, frozenset(value.roles))
            elif kind == "team":
                teams[value.id] = frozenset(value.member_user_ids)
            elif kind == "resource":
                resources[value.type, value.id] = frozenset(
                    ("user", writer.user_id) if writer.user_id else ("team", writer.team_id)
                    for writer in value.writers)
    return users, teams, resources


def tokens_of(client, organization):
    names = {number: name for name, number in SCOPES.items()}
    tokens, page = {}, ""
    while True:
        status, answer = client.call(
            "ListTokens", organization_id=organization, page_size=1000, page_token=page)
        assert status == "OK", f"ListTokens: {status}"
        for token in answer.tokens:
            tokens[token.id] = (
                token.user_id, token.name, frozenset(names[scope] for scope in token.scopes),
                token.HasField("revoked_at"))
        page = answer.next_page_token
        if not page:
            return tokens


def validate(client, secret):
    status, answer = client.call("ValidateToken", secret=secret)
    assert status == "OK", f"ValidateToken: {status}"
    return answer.active


def questions(organization, world):
    """Some rights of the bearers of the last secrets."""
    shown = [text for text, secret in world.secrets.items()
             if not text.startswith(LOST) and world.tokens[secret.token].organization == organization]
    return [
        (text, *right) for text in shown[-8:]
        for right in (
            ("team.create", None, None), ("datapoint.ingest", None, None),
            ("dashboard.update", None, "1"), ("detector.set_writer", None, "1"))]


def rights_of(client, asked):
    if not asked:
        return {}
    status, answer = client.call("BatchCheck", items=[
        {"token_secret": text, "action": action, "resource": {"id": name or ""}}
        for text, action, _, name in asked])
    assert status == "OK", f"BatchCheck: {status}"
    return {question: result.allowed for question, result in zip(asked, answer.results)}
