"""What the log of a fleet has of the things of a load, read from the events of a host."""

from calls import Broken
from history import Entry

USER = {2: "invite", 3: "administrator", 4: "administrator", 5: "delete", 9: "member", 10: "member"}
ISSUED, REVOKED, UPDATED, ROTATED = 15, 16, 17, 18


class Log:
    """Entries by the name of their thing, read on from where the last look ended."""

    def __init__(self):
        self.entries = {}
        self.names = {}  # of tokens, by id
        self.revision = 0

    def read(self, host):
        client = host.daemon.client()
        try:
            status, batches = client.calls("ListEvents", from_revision=self.revision + 1)
            if status == "OUT_OF_RANGE":
                return  # nothing new
            if status != "OK":
                raise Broken(f"ListEvents on {host.name}: {status} {client.reason}")
        finally:
            client.close()
        for batch in batches:
            for event in batch.events:
                self.revision = max(self.revision, event.attribution.revision)
                self.take(event)

    def take(self, event):
        changes = {change.field: (change.before, change.after) for change in event.changes}
        revision = event.attribution.revision
        if event.kind in USER:
            argument = None if event.kind in (2, 5) else event.kind in (3, 9)
            self.add(event.user_id, Entry(revision, USER[event.kind], argument))
        elif event.kind == ISSUED:
            self.names[event.token_id] = changes.get("name", ("", ""))[1]
            self.add(self.names[event.token_id], Entry(revision, "issue"))
        elif event.kind == REVOKED:
            self.add(self.names.get(event.token_id), Entry(revision, "revoke"))
        elif event.kind == ROTATED:
            has_grace = bool(changes.get("previous_secret_expires_at", ("", ""))[1])
            self.add(self.names.get(event.token_id), Entry(revision, "rotate", has_grace))
        elif event.kind == UPDATED and "state" in changes:
            is_disabled = changes["state"][1] == "TOKEN_STATE_DISABLED"
            self.add(self.names.get(event.token_id), Entry(revision, "disable", is_disabled))
        elif event.kind == UPDATED:
            self.add(self.names.get(event.token_id), Entry(revision, "end grace"))

    def add(self, name, entry):
        self.entries.setdefault(name, []).append(entry)
