/* The rows that a worker keeps in memory: writer and one worker, since workers share nothing.

   A worker that answers from a view says what the view's revision says, whether the row comes from
   memory or from the table; and no call that begins after an acknowledgement is answered from before
   it.

   There is one token, whose row is the number of the last change of it, and other changes that don't
   touch it. Memory is taken to be sequentially consistent here. `run` also checks that each rule is
   needed. */

#ifndef CHANGES
#define CHANGES 3
#endif
#ifndef CALLS
#define CALLS 4
#endif

/* What the disk has: the newest revision, and the token's row at each. */
byte stored = 0;
byte row[CHANGES + 1];
byte published = 0;
byte acknowledged = 0;
byte counter = 0;

active proctype Writer() {
  byte made = 0;
  bool touches;
  do
  :: made < CHANGES ->
    made++;
    if :: touches = true :: touches = false fi;
#ifndef NO_ODD
    if :: touches -> counter++ :: else fi;
#endif
    atomic {
      row[stored + 1] = (touches -> stored + 1 : row[stored]);
      stored++
    };
    published = stored;
    if
    :: touches ->
#ifdef NO_ODD
      counter = counter + 2
#else
      counter++
#endif
    :: else
    fi;
    acknowledged = stored
  :: made == CHANGES -> break
  od
}

active proctype Worker() {
  byte calls = 0, promised, seen, view = 0, value, answer, old = 0;
  bool hasRow = false, isLive = false;
  byte kept, stamp;
  do
  :: calls < CALLS ->
    calls++;
    promised = acknowledged;
#ifdef COUNTER_BEFORE_REFRESH
    value = counter;
#endif
    /* Renews its view only if a revision was published since, or if it had let go of it. */
    seen = published;
    if
    :: !isLive || seen != view -> view = stored; isLive = true
    :: else
    fi;
    if :: isLive = false :: skip fi;
#ifndef COUNTER_BEFORE_REFRESH
    value = counter;
#endif
    if
#ifdef NO_COMPARISON
    :: hasRow ->
#else
    :: hasRow && stamp == value ->
#endif
      answer = kept
    :: else ->
      answer = row[view];
      value = counter;
#ifdef KEPT_WHILE_ODD
      hasRow = true;
#else
      hasRow = (value % 2 == 0);
#endif
#ifndef NO_CHECK_OF_PUBLISHED
      hasRow = hasRow && published <= view;
#endif
      kept = answer;
      stamp = value
    fi;
    assert(answer == row[view]);
    assert(view >= promised);
#ifdef OLD_VIEW
    /* A view that stays behind reads what newer ones have kept. */
    value = counter;
    assert(!(hasRow && stamp == value) || kept == row[old]);
    old = view;
#endif
    answer = 0; value = 0; seen = 0
  :: calls == CALLS -> break
  od
}
