"""Damages the files of a ledger and asks a daemon on them: `damage BIN COPIES [SEED]`.

A ledger with a rich past is made through the socket: users, demoted administrators, teams,
writers, and tokens of every state. Each of COPIES copies is then damaged in one way, by the seed:
bits, bytes, blocks of zeros, pages in each other's place, old pages over those that count, cut
files, headers, meta pages. A daemon is started on the copy, and every token and a table of rights is
asked, each over one of the two protocols. An answer is right or a refusal, which is inactive,
denied, an error, or an end of the daemon; one that gives more than it should fails the trial.

What is refused without a word is counted, and the daemon's own check of the ledger has to tell of
it. Once it has told, no answer may give more than it should, and after a kill and another start, which makes
the tables anew, each answer is right where one was wrong. Half of the copies get a daemon that checks
before it serves: none of its answers may be wrong, be it by an old page. At the end the trial proves that it
would see a wrong answer: rows that were rewritten with a right checksum have to be found, by its questions
and by that check.
"""

import collections
import concurrent.futures
import os
import pathlib
import random
import sys
import time

from calls import Broken, duration, mask
from daemon import Daemon
from pages import Store
from ways import WAYS, planted

ADMINISTRATION = ("integration.create", "org_token.create", "team.create", "organization.get")
ITEMS = ("one", "two", "three")
JOBS = 2
# How long the check of a small ledger may take on a busy machine.
PATIENCE = 20
# Ways by which a page of before may count again, whole and at its own place. What it says is served,
# until the daemon's check tells; not by a daemon that checks first.
OLD = ("lost write", "root", "entry", "meta")
REFUSED = ("INTERNAL", "UNAVAILABLE", "UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND")


class Wrong(Exception):
    """An answer that gives more than it should."""


class Past:
    """A ledger, the right answers about it, and copies of its file at some earlier moments."""

    def __init__(self, programs, draw):
        self.random, self.secrets, self.files = draw, {}, []
        self.daemon = Daemon(programs, ["--workers", "2"])
        self.daemon.start()
        self.clients = [self.daemon.client(0), self.daemon.client(1)]
        self.turn = 0

    def do(self, method, **fields):
        self.turn += 1
        status, answer = self.clients[self.turn % 2].call(method, **fields)
        assert status == "OK", f"{method}({fields}): {status}"
        return answer

    def issue(self, kind, organization="acme", **fields):
        answer = self.do("IssueToken", organization_id=organization, **fields)
        self.secrets[answer.secret] = kind
        return answer

    def keep(self):
        """Keeps the file as it is now, so that a copy can have an old page at its old place."""
        self.files.append(pathlib.Path(f"{self.daemon.data}/data.mdb").read_bytes())

    def make(self):
        for organization in ("acme", "other"):
            self.do("CreateOrganization", organization_id=organization,
                    administrator_user_id="ann")
            users = [f"user-{index}" for index in range(24)]
            for user in users:
                self.do("InviteUser", organization_id=organization, user_id=user)
            for user in users[:8]:
                self.do("SetAdministrator", organization_id=organization, user_id=user,
                        administrator=True)
            for team in ("ops", "dev", "web"):
                self.do("CreateTeam", organization_id=organization, team_id=team)
                for user in self.random.sample(users, 8):
                    self.do("AddTeamMember", organization_id=organization, team_id=team,
                            user_id=user)
            for item in ITEMS:
                resource = {"resource_type": "dashboard", "resource_id": item}
                self.do("PutResource", organization_id=organization, **resource)
                for writer in self.random.sample(users, 6):
                    self.do("SetWriter", organization_id=organization, **resource,
                            writer={"user_id": writer})
                self.do("SetWriter", organization_id=organization, **resource,
                        writer={"team_id": self.random.choice(("ops", "dev"))})
            for user in users:
                self.issue("active", organization, user_id=user)
            self.keep()
            self.take_away(organization, users)

    def take_away(self, organization, users):
        """Takes rights away, so that there are some that must not come back."""
        for index, user in enumerate(self.random.sample(users, 12)):
            token = self.issue("revoked", organization, user_id=user, description="r" * 40)
            if index == 6:
                self.keep()
            self.do("RevokeToken", token_id=token.token.id)
        for user in users[:3]:
            self.issue("expired", organization, user_id=user, lifetime=duration(1))
        for user in users[:4]:
            self.do("SetAdministrator", organization_id=organization, user_id=user)
        self.keep()
        for user in users[4:8]:
            self.do("RemoveTeamMember", organization_id=organization, team_id="ops", user_id=user)
        for user in users[-2:]:
            self.do("DeleteUser", organization_id=organization, user_id=user)
        for item in ITEMS[:2]:
            self.do("RemoveWriter", organization_id=organization,
                    resource_type="dashboard", resource_id=item, writer={"team_id": "ops"})
        for index in range(8):
            kind = ("active", "disabled", "revoked", "rotated")[index % 4]
            token = self.issue(
                kind, organization, name=f"org-{index}", scopes=[1 + index % 3]).token.id
            if kind == "disabled":
                self.do("UpdateOrgToken", token_id=token, disabled=True,
                        update_mask=mask("disabled"))
            elif kind == "revoked":
                self.do("RevokeToken", token_id=token)
            elif kind == "rotated":
                answer = self.do("RotateOrgToken", token_id=token, grace_period=duration(0))
                self.secrets[answer.secret] = "active"
            self.keep()

    def end(self):
        """The files, and the answers of a daemon on them while they are whole."""
        for client in self.clients:
            client.close()
        time.sleep(1.1)
        self.daemon.stop()
        asker = Asker(self.daemon, self.questions())
        self.daemon.start()
        truth = asker.ask_all(0)
        assert truth == asker.ask_all(1), "the protocols differ"
        for (secret, action, _), answer in truth.items():
            if action is None and self.secrets[secret] in ("revoked", "disabled", "expired",
                                                             "rotated"):
                assert answer == (False,), f"a token that is {self.secrets[secret]} is active"
        allowed = sum(answer == (True,) for (_, action, _), answer in truth.items() if action)
        active = sum(answer[0] for (_, action, _), answer in truth.items() if action is None)
        assert allowed > 20 and active > 20, f"{allowed} rights and {active} tokens"
        self.daemon.stop()
        self.keep()
        return truth

    def questions(self):
        """Each token, and rights of some: `(secret, action, item)`."""
        asked = [(secret, None, None) for secret in self.secrets]
        for secret in self.secrets:
            action = self.random.choice((*ADMINISTRATION, "datapoint.ingest"))
            asked.append((secret, action, None))
            asked.append((secret, "dashboard.update", self.random.choice(ITEMS)))
        self.random.shuffle(asked)
        return asked


class Asker:
    """Questions to a daemon, which may end in the middle."""

    def __init__(self, daemon, questions):
        self.daemon, self.questions = daemon, questions

    def ask(self, client, secret, action, item):
        """`(active or allowed, what else is said)`, or the word for a refusal."""
        if action is None:
            status, answer = client.call("ValidateToken", secret=secret)
            if status == "OK":
                return (True, answer.organization_id, answer.user_id, answer.name,
                        tuple(answer.scopes), answer.expires_at.seconds) if answer.active else (False,)
        else:
            resource = {"type": "dashboard", "id": item} if item else None
            status, answer = client.call(
                "Check", token_secret=secret, action=action, resource=resource)
            if status == "OK":
                return (answer.allowed,)
        if status not in REFUSED:
            raise Wrong(f"{action or 'ValidateToken'}: {status} {client.problem}")
        return status

    def ask_all(self, turn):
        """The answer to each question, on one protocol or the other in turn."""
        answers, lives, clients = {}, 0, []
        for index, question in enumerate(self.questions):
            try:
                if not clients:
                    clients = [self.daemon.client(0), self.daemon.client(1)]
                answers[question] = self.ask(clients[(index + turn) % 2], *question)
            except Broken:
                answers[question] = "ended"
                for client in clients:
                    client.close()
                clients = []
                if not self.has_ended():
                    raise Wrong("a connection broke, and the daemon goes on") from None
                lives += 1
                if lives > 3:
                    break
                try:
                    self.daemon.start()
                except Broken:
                    break
        for client in clients:
            client.close()
        return answers

    def has_ended(self):
        end = time.monotonic() + PATIENCE
        while self.daemon.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        return self.daemon.process.poll() is not None


class Outcome:
    """The outcome of one copy."""

    def __init__(self, way, word, checks):
        self.way, self.word, self.checks = way, word, checks
        self.counts = collections.Counter()
        self.started = self.is_told = False
        # Whether all answers were right after another start; None where there was none.
        self.is_healed = None
        self.wrong = []

    def judge(self, truth, answers):
        for question, true in truth.items():
            answer = answers.get(question, "ended")
            if answer == true:
                self.counts["right"] += 1
            elif answer == "ended":
                self.counts["ended"] += 1
            elif isinstance(answer, str):
                self.counts["refused"] += 1
            elif answer == (False,):
                self.counts["denied"] += 1
            else:
                self.counts["wrong"] += 1
                self.wrong.append(f"{question[1:]}: {answer}, not {true}")


class Trial:
    def __init__(self, programs, seed):
        self.programs, self.seed = programs, seed
        past = Past(programs, random.Random(seed))
        try:
            past.make()
            self.truth = past.end()
            self.past, self.content = past, past.files[-1]
            self.store = Store(self.content)
            with open(f"{past.daemon.data}/host", "rb") as file:
                self.host = file.read()
        finally:
            past.daemon.close()

    def run(self, index, way, damage, checks=False):
        draw = random.Random(f"{self.seed}/{index}")
        content = bytearray(self.content)
        outcome = Outcome(way, damage(content, self.store, self.past, draw), checks)
        daemon = Daemon(self.programs, ["--workers", "1", "--check-interval", "1",
                                        *(["--check-before-serving"] if checks else [])])
        try:
            os.mkdir(daemon.data, 0o700)
            for name, data in (("data.mdb", content), ("host", self.host)):
                with open(f"{daemon.data}/{name}", "wb") as file:
                    os.chmod(file.name, 0o600)
                    file.write(data)
            try:
                daemon.start()
            except Broken:
                return outcome
            outcome.started = True
            questions = list(self.truth)
            draw.shuffle(questions)
            outcome.judge(self.truth, Asker(daemon, questions).ask_all(index))
            if outcome.counts["wrong"] or outcome.counts["denied"]:
                outcome.is_told = self.is_told(daemon)
                self.heal(outcome, content, daemon, questions, index)
            return outcome
        except (Wrong, AssertionError) as wrong:
            raise Wrong(f"copy {index}, {outcome.word}: {wrong}") from None
        finally:
            daemon.close()

    def heal(self, outcome, content, daemon, questions, index):
        """Looks what is answered once the daemon has told, and by the next one."""
        for moment in ("once it was told", "after another start"):
            if moment != "once it was told" or daemon.process.poll() is not None:
                daemon.kill()
                try:
                    daemon.start()
                except Broken:
                    return
            later = Outcome(outcome.way, outcome.word, outcome.checks)
            later.judge(self.truth, Asker(daemon, questions).ask_all(index))
            if later.wrong:
                raise Wrong(f"{moment}: {'; '.join(later.wrong[:3])}")
        self.restore(outcome, content, questions, index)
        outcome.is_healed = later.counts["right"] == len(self.truth)
        if outcome.wrong and not outcome.is_healed:
            raise Wrong(f"after another start: {dict(later.counts)}")

    def restore(self, outcome, content, questions, index):
        """Restores the damaged copy, if its log is whole, and writes on: that must not cost the log."""
        daemon = Daemon(self.programs, ["--workers", "1"])
        try:
            copy = f"{daemon.folder}/copy"
            with open(copy, "wb") as file:
                file.write(content)
            try:
                daemon.restore(copy)
            except AssertionError:
                return
            daemon.start()
            restored = Outcome(outcome.way, outcome.word, outcome.checks)
            restored.judge(self.truth, Asker(daemon, questions).ask_all(index))
            client = daemon.client()
            for number in range(200):
                status, _ = client.call("InviteUser", organization_id="acme", user_id=f"new-{number}")
                assert status == "OK", f"a user of a restored copy: {status} {client.problem}"
            client.close()
            daemon.stop()
            code, words = daemon.verify()
            if restored.counts["right"] != len(self.truth) or code != 0:
                raise Wrong(f"restored: {dict(restored.counts)}, {words}")
        finally:
            daemon.close()

    @staticmethod
    def is_told(daemon):
        """Whether the daemon says by itself that its ledger is damaged, or ends."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                client = daemon.client()
                try:
                    status, answer = client.call("GetStatus")
                    if status != "OK" or answer.ledger_damage:
                        return True
                finally:
                    client.close()
            except Broken:
                return True
            time.sleep(0.1)
        return False

    def run_all(self, copies):
        """Tries every way in turn. Returns the outcomes of each."""
        names = list(WAYS)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            yield from pool.map(
                lambda index: self.run(index, names[index % len(names)],
                                       WAYS[names[index % len(names)]],
                                       index // len(names) % 2 == 1), range(copies))


def main():
    programs, copies = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"damage: {copies} copies, seed {seed}", flush=True)
    begun = time.monotonic()
    trial = Trial(programs, seed)
    ways = {name: collections.Counter() for name in WAYS}
    try:
        for index, outcome in enumerate(trial.run_all(copies)):
            count = ways[outcome.way]
            count.update(outcome.counts)
            count["copies"] += 1
            count["not started"] += not outcome.started
            count["healed"] += outcome.is_healed is True
            count["lost"] += bool(outcome.wrong) and outcome.is_healed is None
            count["checked"] += outcome.checks
            count["blind"] += not outcome.started and not outcome.checks
            if outcome.wrong and outcome.way in OLD and not outcome.checks:
                count["old copies"] += 1
            elif outcome.wrong:
                raise Wrong(f"copy {index}, {outcome.word}"
                            f"{', checked before it was served' if outcome.checks else ''}: "
                            f"{'; '.join(outcome.wrong[:3])}")
            if outcome.counts["wrong"] or outcome.counts["denied"]:
                count["silent"] += 1
                if not outcome.is_told:
                    raise Wrong(f"copy {index}, {outcome.word}: {dict(outcome.counts)}, and the "
                                "daemon's check does not tell")
        if sum(count["blind"] for count in ways.values()) > copies // 2:
            raise Wrong("most copies were not served: the trial is blind")
        proof = trial.run(copies, "planted", planted)
        if not proof.wrong or not proof.is_told:
            raise Wrong(f"{proof.word}: {len(proof.wrong)} were found wrong, and the check "
                        f"{'tells' if proof.is_told else 'does not tell'}: the trial is blind")
        if not proof.is_healed:
            raise Wrong(f"{proof.word}: another start does not make the tables anew")
        checked = trial.run(copies, "planted", planted, checks=True)
        if checked.counts["right"] != len(trial.truth):
            raise Wrong(f"{proof.word}: a daemon that checks before it serves answers "
                        f"{dict(checked.counts)}")
    except Wrong as wrong:
        raise SystemExit(f"FAILED damage: seed {seed}: {wrong}") from None
    total = collections.Counter()
    for name, count in ways.items():
        total.update(count)
        print(f"damage: {name}: {count['copies']} copies, {count['not started']} did not start;"
              f" answers {count['right']} right, {count['refused']} refused,"
              f" {count['denied']} denied, {count['ended']} ended, {count['wrong']} of before;"
              f" {count['checked']} checked first")
    print(f"ok damage: {copies} copies, {total['checked']} checked before they were served,"
          f" {total['not started']} did not start; {total['right']} answers"
          f" right, {total['refused']} refused, {total['denied']} denied without a word,"
          f" {total['ended']} not given since the daemon ended; no answer gives more than it should but"
          f" {total['wrong']} in {total['old copies']} copies where an old page counts again, until the check"
          f" told; {total['lost']} of these could not be started again; the check told of each of"
          f" {total['silent']} copies without a word, and after another start {total['healed']} of them gave"
          f" right answers only; {len(proof.wrong)} planted wrong answers were"
          f" found; seed {seed}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
