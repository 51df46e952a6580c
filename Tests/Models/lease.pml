/* The page of counters of a host in a fleet: changes come from another host, and are waited for with
   WAIT_FLEET. The page has the end of the fleet's lease.

   No use that begins after such an acknowledgement relies on an answer from before the change. The
   waiting host acknowledges once this host has applied the change, or once its lease is surely over.
   One counter stands for all. Clocks are equal here, and the margin for those that are not is left
   out: the fleet's simulation has both. */

#ifndef CHANGES
#define CHANGES 1
#endif
#ifndef END
#define END 4
#endif
#ifndef USES
#define USES 2
#endif
#define LEASE 2

/* The database, what was acknowledged to whoever waited, and the time. */
byte top = 0;
byte applied = 0;
byte acknowledged = 0;
byte now = 0;
/* The host's memory and page. */
byte stored = 0;
byte published = 0;
byte counter = 0;
byte lease = 0;

active proctype Time() {
  do :: now < END -> now++ :: now == END -> break od
}

active proctype OtherHost() {
  byte inserted, made = 0;
  do
  :: made < CHANGES ->
    atomic { made++; top++; inserted = now };
    if
    :: applied >= top
    :: now >= inserted + LEASE
    :: timeout -> goto end
    fi;
    acknowledged = top
  :: break
  od;
end:
  skip
}

active proctype Follower() {
  byte sent, seen;
  do
  :: atomic { now < END -> sent = now };
    /* The database answers, or never does. */
    atomic { if :: seen = top :: break fi };
#ifdef LEASE_BEFORE_APPLY
    lease = sent + LEASE;
#endif
#ifdef APPLIED_BEFORE_APPLY
    applied = seen;
#endif
    if
    :: seen > stored ->
      counter++;
      stored = seen;
      published = seen;
      counter++
    :: else
    fi;
    applied = seen;
    lease = sent + LEASE;
    seen = 0
  :: break
  od
}

active proctype Client() {
  byte wanted, snapshot, value, until, clock, revision, kept, uses = 0;
  bool hasEntry = false, isKept;
  do
  :: uses < USES ->
    uses++;
#ifdef CLOCK_OF_THE_TURN
    clock = now;
#endif
    wanted = acknowledged;
    if
    :: hasEntry ->
#ifdef COUNTERS_BEFORE_LEASE
      value = counter;
      until = lease;
#else
      until = lease;
      value = counter;
#endif
#ifdef NO_LEASE
      until = 255;
#endif
#ifndef CLOCK_OF_THE_TURN
      clock = now;
#endif
      if
      :: value == kept && clock < until -> assert(revision >= wanted)
      :: else -> hasEntry = false
      fi
    :: !hasEntry ->
      until = lease;
      snapshot = stored;
      clock = now;
      if
      :: clock < until ->
        assert(snapshot >= wanted);
        value = counter;
        isKept = (value % 2 == 0);
        isKept = isKept && published <= snapshot;
        atomic { hasEntry = isKept; revision = snapshot; kept = value }
      /* Answered FLEET_STALE. */
      :: else
      fi
    fi;
    atomic { value = 0; until = 0; clock = 0; snapshot = 0; isKept = false }
  :: break
  od
}
