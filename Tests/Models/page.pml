/* The page of counters: writer, worker, two clients, death and restart of the daemon.

   ACK:  no use that begins after an acknowledgement relies on an answer from before the change.
   SEEN: nor does one that begins after any answer has shown the change.

   Every change touches one of two counters, and every answer rests on both. Memory is taken to be
   sequentially consistent here. `run` also checks that each rule is needed: with a rule left out
   (-D...) the model must fail. */

#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef USES
#define USES 2
#endif
#define PAGES (DEATHS + 1)
#define MAX(a, b) ((a) > (b) -> (a) : (b))

/* The disk, and what the daemon says: revisions. */
byte stored = 0;
byte acknowledged = 0;
byte shown = 0;
/* Which daemon runs, and its memory. Each has a page of its own. */
byte daemon = 0;
byte published = 0;
byte counter[PAGES * 2];
bool isMarked[PAGES];

/* A step of a daemon, which does not happen once it is dead. */
#define STEP(action) \
  if \
  :: atomic { daemon == me -> action } \
  :: daemon != me -> goto dead \
  fi

active proctype Writer() {
  byte me, which, made = 0;
born:
  me = daemon;
  do
  :: made < CHANGES ->
    made++;
    which = 0;
    if :: which = me * 2 :: which = me * 2 + 1 fi;
#if !defined(NO_ODD) && !defined(ODD_AFTER_COMMIT)
    STEP(counter[which]++);
#endif
    if
    :: STEP(stored++)
    /* The disk is full. */
    :: goto even
    fi;
#ifdef ODD_AFTER_COMMIT
    STEP(counter[which]++);
#endif
#ifdef EVEN_BEFORE_PUBLISH
    STEP(counter[which]++);
    STEP(published = stored);
    STEP(acknowledged = stored);
    goto next;
#endif
    STEP(published = stored);
#ifdef ACKNOWLEDGED_BEFORE_EVEN
    STEP(acknowledged = stored);
#endif
even:
#ifdef NO_ODD
    STEP(counter[which] = counter[which] + 2);
#else
    STEP(counter[which]++);
#endif
    STEP(acknowledged = published);
next:
    skip
  :: made == CHANGES -> break
  :: daemon != me -> goto dead
  od;
  goto end;
dead:
  goto born;
end:
  skip
}

/* The kernel marks the page before the next daemon gets the lock. That one finds what is stored. */
active proctype Death() {
  byte deaths = 0;
  do
  :: deaths < DEATHS ->
    atomic {
      deaths++;
#ifndef NO_MARK
      isMarked[daemon] = true;
#endif
      daemon++;
      published = stored
    }
  :: break
  od
}

active [2] proctype Client() {
  byte me, uses = 0, wanted, promised;
  /* What the worker that serves it has. */
  byte snapshot = 0, owner = 0, seen, one, other;
  bool isKept;
  /* The entry. */
  bool hasEntry = false;
  byte page, revision, first, second;
  do
  :: uses < USES ->
    uses++;
    /* The use begins. */
    atomic { promised = acknowledged; wanted = MAX(acknowledged, shown) };
    if
    :: hasEntry ->
      if
      :: atomic { isMarked[page] -> hasEntry = false }; goto ask
      :: atomic { !isMarked[page] -> skip }
      fi;
      if
      :: atomic { counter[page * 2] != first -> hasEntry = false }; goto ask
      :: atomic { counter[page * 2] == first -> skip }
      fi;
      if
      :: atomic { counter[page * 2 + 1] != second -> hasEntry = false }; goto ask
      :: atomic { counter[page * 2 + 1] == second ->
          assert(revision >= wanted); goto used }
      fi
    :: !hasEntry ->
ask:
      atomic { me = daemon; isKept = true };
#ifdef COUNTERS_BEFORE_REFRESH
      STEP(one = counter[me * 2]);
      STEP(other = counter[me * 2 + 1]);
#endif
      /* Renews its view only if a revision was published since, as Snapshot.refresh. */
      STEP(seen = published);
      STEP(if :: owner != me || seen != snapshot -> snapshot = stored; owner = me :: else fi);
#ifndef COUNTERS_BEFORE_REFRESH
      STEP(one = counter[me * 2]);
      STEP(other = counter[me * 2 + 1]);
#endif
#ifndef KEPT_WHILE_ODD
      isKept = (one % 2 == 0 && other % 2 == 0);
#endif
#ifndef NO_CHECK_OF_PUBLISHED
      STEP(isKept = isKept && published <= snapshot);
#endif
      STEP(shown = MAX(shown, snapshot));
      /* Of the call itself only ACK is promised: a worker that has nothing to renew may answer from
         before what another has shown, as long as that is not published. */
      assert(snapshot >= promised);
      atomic {
        hasEntry = isKept; page = me; revision = snapshot; first = one; second = other;
        isKept = false; seen = 0; one = 0; other = 0
      }
    fi;
used:
    skip
  :: uses == USES -> break
  od;
  goto end;
dead:
  /* The call has failed. */
  isKept = false; seen = 0; one = 0; other = 0;
  goto used;
end:
  skip
}
