"""The faults, a function each: it happens while the load goes on, and is over at its end.

What a fault itself shows, besides what the history shows afterwards, it demands there and then.
"""

import contextlib
import os
import signal
import subprocess
import time

from calls import Broken
from clocks import SECOND, WALL, Clocks
from cutting import cuts
from database import OWNER
from disk import SmallDisk
from fleet import LEASE_SECONDS
from load import WAIT_FLEET, Wrong
from pooler import Pooler
from proxy import Point

# The steps of a change at which a debug build can be ended, and how long one may take to come.
STEPS = [f"{place}-{step}" for place in ("before", "after")
         for step in ("decide", "append", "apply", "commit", "publish", "answer")]
STEPS_IN_ROUND, STEP_SECONDS = 6, 1.5
# Longer than a statement may take, after which a daemon gives its connection up.
STATEMENT_SECONDS = 5.5


def stalls(fleet, draw):
    """Statements that never come back, of which the daemons give up on their own."""
    for host in fleet.hosts:
        statement = draw.choice(("append", "renew", "poll"))
        host.proxy.arm(draw.choice(fleet.points.used(fleet, statement, ("stall",))))
    time.sleep(STATEMENT_SECONDS)


def freezes(fleet, draw):
    """One host hears nothing for longer than a lease, the others go on."""
    host = draw.choice(fleet.hosts)
    draw.choice((host.proxy.freeze, host.proxy.refuse))()
    time.sleep(LEASE_SECONDS + 1)
    expect_stale([host])


def late_renewals(fleet, draw):
    """The answer to a renewal is late, and the last one: the lease began when the host asked."""
    host = draw.choice(fleet.hosts)
    host.proxy.arm(Point("renew", "from", "Z", "before", "last"), LEASE_SECONDS - 1)
    end = time.monotonic() + LEASE_SECONDS
    while host.proxy.plan is not None and time.monotonic() < end:
        time.sleep(0.002)
    host.proxy.accepts = False
    time.sleep(LEASE_SECONDS - 0.9)
    host.proxy.refuse()
    time.sleep(1.2)
    expect_stale([host])
    # What it answered in the time between is in the history.


def kills(fleet, draw):
    """Daemons are killed at any moment, and started again."""
    for _ in range(4):
        host = draw.choice(fleet.hosts)
        time.sleep(draw.uniform(0.1, 0.7))
        host.daemon.kill()
        host.daemon.start(fleet.environment)


def steps(fleet, draw):
    """Daemons end at chosen steps of a change, and the next ones find what became of it."""
    for _ in range(STEPS_IN_ROUND):
        step = fleet.steps.pop() if fleet.steps else None
        if step is None:
            fleet.steps = draw.sample(STEPS, len(STEPS))
            continue
        host = draw.choice(fleet.hosts)
        host.daemon.kill()
        with contextlib.suppress(Broken):  # it may end before it answers at all
            host.daemon.start({"POSTERN_FAILPOINT": f"{step}:{draw.randint(1, 12)}"})
        try:
            host.daemon.process.wait(STEP_SECONDS)
            fleet.count(f"ended {step}")
        except subprocess.TimeoutExpired:
            host.daemon.kill()
        host.daemon.start(fleet.environment)


def stops(fleet, draw):
    """Daemons stand still, for moments and once for longer than a lease, and then go on."""
    for seconds in (draw.uniform(0.05, 0.5), draw.uniform(0.5, 1.5), LEASE_SECONDS + 1):
        host = draw.choice(fleet.hosts)
        host.daemon.signal(signal.SIGSTOP)
        time.sleep(seconds)
        host.daemon.signal(signal.SIGCONT)
        time.sleep(0.2)


def forgotten(fleet, draw):
    """A member that stands still can be forgotten when its lease is over for certain, and not before.

    It goes on later, and may not answer anything before it has joined anew.
    """
    host, other = draw.sample(fleet.hosts, 2)
    instance = host.fleet().instance
    host.daemon.signal(signal.SIGSTOP)
    try:
        status, _, reason = other.ask("ForgetMember", instance=instance)
        if reason != "MEMBER_ANSWERS":
            raise Wrong(f"a member that may answer is forgotten: {status} {reason}")
        end = time.monotonic() + 3 * LEASE_SECONDS
        while status != "OK":
            if time.monotonic() > end:
                raise Wrong(f"a member that stands still is not forgotten: {status} {reason}")
            time.sleep(0.1)
            status, _, reason = other.ask("ForgetMember", instance=instance)
        # Changes that no longer wait for it.
        time.sleep(0.5)
    finally:
        host.daemon.signal(signal.SIGCONT)


def joins(fleet, _):
    """A host without data joins, has all that was answered anywhere, and leaves again."""
    host = fleet.keep(fleet.new_host(1))
    host.daemon.start(fleet.environment)
    fleet.wait(lambda: fleet.follows(host), f"{host.name} does not join")
    fleet.wait(lambda: knows(host, fleet.load.revision), f"{host.name} has joined and is behind")
    host.daemon.stop()
    fleet.wait(lambda: all(
        member.host != host.name for member in fleet.hosts[0].fleet().members),
        f"{host.name} has left and is a member")


def upgrades(fleet, draw):
    """Host by host gets a version that writes a later format: in force once all read it, not before.

    A version that is too old for it then serves neither its own log nor a new one.
    """
    old, new = fleet.format, fleet.format + 1
    order = draw.sample(fleet.hosts, len(fleet.hosts))
    for host in order:
        if host is order[-1]:
            # The members are looked at three times in a lease.
            time.sleep(LEASE_SECONDS / 2)
            if {other.fleet().format for other in fleet.hosts} != {old}:
                raise Wrong(f"the format was raised, and {host.name} can't read it")
        draw.choice((host.daemon.kill, host.daemon.stop))()
        host.set_format(new)
        host.daemon.start(fleet.environment)
        fleet.wait(lambda host=host: fleet.follows(host), f"{host.name} does not join again")
    fleet.wait(lambda: is_format_everywhere(fleet, new), "the format is not raised")
    stranger = fleet.keep(fleet.new_host(1))
    fleet.format = new
    refuses_to_start(stranger)
    host = order[0]
    host.daemon.kill()
    host.set_format(old)
    refuses_to_start(host)
    host.set_format(new)
    host.daemon.start(fleet.environment)


def wrong_clocks(fleet, draw):
    """A host's clock is set ahead, behind and far behind: what gives rights is refused, what takes
    them is not, and the time of the log is that of the database.
    """
    host, other = draw.sample(fleet.hosts, 2)
    clocks = fleet.keep(Clocks())
    usual = dict(host.daemon.environment)
    host.daemon.environment.update(clocks.environment())
    host.daemon.kill()
    host.daemon.start(fleet.environment)
    fleet.wait(lambda: fleet.follows(host), f"{host.name} does not join again")
    try:
        # The ledger's clock follows one that is a little ahead, and no other step of one. It does not
        # go back, so a host where that was so gives nothing but while its clock is right.
        was_ahead = ledger_ahead(host) > 2
        for seconds, gives in ((-10, True), (-900, True), (10, False), (0, True), (900, False)):
            if was_ahead and seconds != 0:
                gives = False
            team = f"clock-{time.monotonic_ns()}"
            expect(other, "OK", "", "CreateTeam", team, wait=WAIT_FLEET)
            clocks[WALL] = seconds * SECOND
            if seconds == -10:
                host.daemon.kill()
                host.daemon.start(fleet.environment)
            fleet.wait(lambda: fleet.follows(host), f"{host.name} does not follow")
            fleet.wait(lambda offset=seconds: abs(clock_offset(host) - offset) < 1,
                       f"{host.name} does not see that its clock is off by {seconds} s")
            wanted = ("OK", "") if gives else ("UNAVAILABLE", "CLOCK_SKEW")
            expect(host, *wanted, "CreateTeam", f"{team}-new")
            expect(host, "OK", "", "DeleteTeam", team)
            status, _, reason = host.ask("AcceptClock")
            if (status, reason) != (("OK", "") if seconds == 0 else ("UNAVAILABLE", "CLOCK_SKEW")):
                raise Wrong(f"a clock that is off by {seconds} s is accepted: {status} {reason}")
            ahead = ledger_ahead(other)
            if abs(ahead) > 2:
                raise Wrong(f"a clock off by {seconds} s has moved {other.name}'s time by {ahead} s")
            fleet.count(f"a clock off by {seconds} s")
    finally:
        host.daemon.environment = usual
        host.daemon.kill()
        host.daemon.start(fleet.environment)


def take_overs(fleet, draw):
    """Daemons are replaced by the next ones."""
    for _ in range(3):
        time.sleep(draw.uniform(0.1, 0.5))
        draw.choice(fleet.hosts).daemon.take_over()


def database_kills(fleet, draw):
    """All processes of the database are killed, and it recovers."""
    for _ in range(3):
        time.sleep(draw.uniform(0.1, 0.8))
        fleet.database.kill()
        time.sleep(draw.uniform(0, 0.3))
        fleet.database.start()


def outage(fleet, draw):
    """The database is away for longer than a lease: answers end, and everyone says why.

    One daemon is killed meanwhile, and the next one may not know less of its lease.
    """
    fleet.database.stop()
    host = draw.choice(fleet.hosts)
    host.daemon.kill()
    host.daemon.start(fleet.environment)
    time.sleep(LEASE_SECONDS + 1)
    expect_stale(fleet.hosts)
    for host in fleet.hosts:
        expect_refusal(fleet, host, "FLEET_AWAY")
    fleet.database.start()


def promotion(fleet, draw):
    """A synchronous standby becomes the database; the old one is dead, or some still speak with it."""
    standby = fleet.standby(is_synchronous=True)
    old = fleet.database
    time.sleep(draw.uniform(0.2, 0.8))
    lives_on = draw.random() < 0.5
    if not lives_on:
        old.kill()
        time.sleep(draw.uniform(0, 0.5))
    standby.promote()
    if lives_on:
        # Without a standby it commits nothing any more; but it still has the old rows.
        fleet.database = standby
        fleet.lead_to(standby.socket, fleet.hosts[:1])
        time.sleep(LEASE_SECONDS + 0.5)
        old.kill()
    fleet.fail_over(standby)
    time.sleep(0.5)


def old_copy(fleet, draw):
    """One host is led to a copy that has heard nothing for a while: it tells, but takes no renewal."""
    copy = fleet.standby(is_synchronous=False)
    copy.stop_following()
    host = draw.choice(fleet.hosts)
    fleet.lead_to(copy.socket, [host])
    time.sleep(LEASE_SECONDS + 1)
    expect_stale([host])
    fleet.lead_to(fleet.database.socket, [host])
    copy.kill()


def pooler(fleet, draw):
    """All hosts connect through a pooler in transaction mode, which dies once and comes back."""
    between = Pooler(fleet.new_folder("pooler"), fleet.database.folder)
    try:
        fleet.lead_to(between.socket)
        time.sleep(draw.uniform(1, 1.5))
        between.kill()
        time.sleep(draw.uniform(0, 0.3))
        between.start()
        time.sleep(draw.uniform(1, 1.5))
        fleet.lead_to(fleet.database.socket)
    finally:
        between.close()


def timeouts(fleet, draw):
    """The server cancels statements: behind a lock, and because they take too long."""
    role = f"alter role {OWNER}"
    fleet.database.ask(f"{role} set statement_timeout = '300ms'")
    fleet.lead_to(fleet.database.socket)
    with fleet.database.session("lock table postern.log in exclusive mode"):
        time.sleep(1)
    fleet.database.ask(f"{role} set statement_timeout = '{draw.randint(1, 4)}ms'")
    fleet.lead_to(fleet.database.socket)
    time.sleep(1)
    fleet.database.ask(f"{role} reset statement_timeout")
    fleet.lead_to(fleet.database.socket)


def locks(fleet, _):
    """A lock holds appends up for longer than a statement may take."""
    with fleet.database.session("lock table postern.log in exclusive mode"):
        time.sleep(STATEMENT_SECONDS)


def read_only(fleet, _):
    """The role may only read, for less than a lease."""
    role = f"alter role {OWNER}"
    fleet.database.ask(f"{role} set default_transaction_read_only = on")
    fleet.lead_to(fleet.database.socket)
    time.sleep(1.5)
    status, _, reason = fleet.hosts[0].ask(
        "CreateTeam", organization_id="acme", team_id=f"never-{time.monotonic_ns()}")
    if status == "OK":
        raise Wrong("a change was acknowledged that the database had no right to take")
    fleet.count(f"read-only: {status} {reason}")
    fleet.database.ask(f"{role} reset default_transaction_read_only")
    fleet.lead_to(fleet.database.socket)


def full_disk(fleet, _):
    """The disk that has the log's table fills up, and gets room again. Needs root for a small disk."""
    if os.geteuid() != 0:
        fleet.count("full disk: left out without root")
        return
    disk = fleet.keep(SmallDisk(fleet.new_folder("disk")))
    database = fleet.database
    database.ask(f"create tablespace small location '{disk.folder}'")
    database.ask("alter table postern.log set tablespace small", OWNER)
    database.ask("alter table postern.log set (autovacuum_enabled = false)", OWNER)
    refused = "command UNAVAILABLE FLEET_REFUSED"
    before = fleet.load.counts[refused]
    disk.fill()
    end = time.monotonic() + 10
    while fleet.load.counts[refused] == before:
        if time.monotonic() > end:
            raise Wrong("a full disk of the database refuses nothing")
        time.sleep(0.02)
    time.sleep(0.5)
    disk.make_room()
    time.sleep(0.5)
    database.ask("alter table postern.log set tablespace pg_default", OWNER)
    database.ask("drop tablespace small")
    disk.close()


def loss(fleet, _):
    """A standby that lacks acknowledged changes is promoted. All notice, and none forks the log."""
    standby = fleet.standby(is_synchronous=False)
    standby.stop_following()
    kept = standby.head()
    fleet.wait(lambda: all(revision_of(host) > kept[0] for host in fleet.hosts),
               "a host does not get beyond what the standby has")
    fleet.database.kill()
    standby.promote()
    fleet.fail_over(standby)
    fleet.wait(lambda: all(map(has_been_forgotten, fleet.hosts)), "not all hosts say FLEET_FORGOT")
    time.sleep(LEASE_SECONDS + 0.5)
    expect_stale(fleet.hosts)
    for host in fleet.hosts:
        expect_refusal(fleet, host, "FLEET_FORGOT")
    if standby.head() != kept:
        raise Wrong(f"the log was forked: it ended at {kept} and goes on to {standby.head()}")
    repair(fleet)


def repair(fleet):
    """The operator gives the database back what it has lost, from the host with the longest log."""
    outcomes = {}

    def is_repaired():
        for host in fleet.hosts:
            status, answer, reason = host.ask("AppendMissing", patience=20)
            outcomes[host.name] = f"{status} {reason}"
            if status == "OK" and answer.appended_count:
                fleet.count("repairs")
                return True
            if status != "OK" and reason not in ("REPAIR_ELSEWHERE", "REPAIR_TOO_EARLY"):
                raise Wrong(f"a repair on {host.name}: {status} {reason}")
        fleet.refusal = str(outcomes)
        return False

    fleet.wait(is_repaired, "no host repairs the log")


def fork(fleet):
    """The database forgets a revoke that one host has acknowledged, and the others go on. It is kept
    in a file there and decided anew, so that it holds on every host."""
    alone, others = fleet.hosts[0], fleet.hosts[1:]
    status, token, reason = alone.ask(
        "IssueToken", organization_id="acme", user_id="root", wait=WAIT_FLEET)
    if status != "OK":
        raise Wrong(f"no token for the fork: {status} {reason}")
    fleet.wait(fleet.is_even, "the hosts do not get to the end of the log")
    kept, _ = fleet.database.head()
    for host in others:
        host.proxy.refuse()
    status, _, reason = alone.ask("RevokeToken", token_id=token.token.id)
    if status != "OK":
        raise Wrong(f"the revoke to lose is refused: {status} {reason}")
    alone.daemon.stop()
    fleet.database.ask(f"delete from postern.log where last > {kept}", OWNER)
    for host in others:
        host.proxy.heal()
    fleet.wait(lambda: fleet.change_everywhere(others[0], others), "the others do not go on")
    alone.daemon.start()
    fleet.wait(lambda: problem_of(alone) == "FLEET_FORKED", "the host does not say FLEET_FORKED")
    status, lost, reason = alone.ask("RebuildMember")
    if status != "OK" or lost.lost_count < 1:
        raise Wrong(f"what is lost is not kept: {status} {reason} {lost}")
    code = alone.daemon.process.wait(timeout=30)
    if code != 1:
        raise Wrong(f"a daemon that is to begin anew ends with {code}")
    alone.daemon.start()
    fleet.wait(lambda: fleet.follows(alone), "a host that begins anew does not follow")
    words = alone.daemon.command("fleet", "lost", "--reapply", "--wait", "fleet")
    again = alone.daemon.command("fleet", "lost", "--reapply", "--wait", "fleet")
    if "is revoked" not in words or "was revoked already" not in again:
        raise Wrong(f"the revoke is not decided anew: {words}; {again}")
    for host in fleet.hosts:
        status, answer, reason = host.ask("ValidateToken", secret=token.secret)
        if status != "OK" or answer.active:
            raise Wrong(f"{host.name} lets a token in whose revoke was acknowledged: {status} {reason}")
    fleet.count("forks")


def clock_offset(host):
    answer = host.fleet()
    return answer.database_clock_offset.ToMicroseconds() / 1e6 if answer else 1e9


def ledger_ahead(host):
    """How many seconds the clock of a host's ledger is ahead of the right one."""
    status, answer, _ = host.ask("GetStatus")
    return answer.time.ToNanoseconds() / 1e9 - time.time() if status == "OK" else 0


def expect(host, wanted, wanted_reason, method, team, **fields):
    status, _, reason = host.ask(method, organization_id="acme", team_id=team, **fields)
    if (status, reason or "") != (wanted, wanted_reason):
        raise Wrong(f"{method} on {host.name}: {status} {reason} instead of {wanted} {wanted_reason}")


def is_format_everywhere(fleet, number):
    """Whether all hosts have that format. A member that has died in another fault is in the way."""
    answers = [host.fleet() for host in fleet.hosts]
    for answer in answers:
        for member in answer.members if answer else ():
            if not member.answering:
                fleet.hosts[0].ask("ForgetMember", instance=member.instance)
    return all(answer is not None and answer.format == number for answer in answers)


def refuses_to_start(host):
    try:
        host.daemon.start()
    except Broken as error:
        if "has the format" in str(error):
            return
        raise
    raise Wrong(f"{host.name} serves a log of a format that its version can't read")


def knows(host, revision):
    """Whether it answers as of every revision that was answered before."""
    status, answer, reason = host.ask(
        "Check", at_least_revision=revision, action="team.create",
        user={"organization_id": "acme", "user_id": "root"})
    if status == "OK" and (answer.revision < revision or not answer.allowed):
        raise Wrong(f"{host.name} answers as of {answer.revision}, and {revision} was asked for")
    if status != "OK" and reason != "REVISION_NOT_REACHED":
        raise Wrong(f"{host.name} has joined and answers {status} {reason}")
    return status == "OK"


def revision_of(host):
    answer = host.fleet()
    return answer.revision if answer else 0


def problem_of(host):
    answer = host.fleet()
    return answer.problem_reason if answer is not None else None


def has_been_forgotten(host):
    return problem_of(host) == "FLEET_FORGOT"


def expect_refusal(fleet, host, wanted):
    """A command is refused with this reason, or for want of a lease."""
    status, _, reason = host.ask(
        "CreateTeam", patience=2, organization_id="acme", team_id=f"never-{time.monotonic_ns()}")
    fleet.count(f"a command with {wanted}: {status} {reason}")
    # A command behind a batch in doubt waits with it.
    if status != "DEADLINE_EXCEEDED" and (
            status != "UNAVAILABLE" or reason not in (wanted, "FLEET_STALE")):
        raise Wrong(f"a command on {host.name} with {wanted}: {status} {reason}")


def expect_stale(hosts):
    """Their leases are over, so they answer no query."""
    for host in hosts:
        status, _, reason = host.ask("Check", action="team.create", user={
            "organization_id": "acme", "user_id": "root"})
        if (status, reason) != ("UNAVAILABLE", "FLEET_STALE"):
            raise Wrong(f"{host.name} answers after its lease: {status} {reason}: {host.words()}")


# In the order of the first rounds; later ones are shuffled. A short run has the first twelve.
FAULTS = (cuts, upgrades, wrong_clocks, steps, database_kills, promotion, pooler, timeouts, read_only, full_disk,
          freezes, take_overs, cuts, steps, kills, late_renewals, old_copy, outage, stops, forgotten, joins,
          stalls, locks)
