/*
 * One key, and everybody who may touch its record: explored to the end by Spin.
 *
 * A store with its verbs, workers who run requests of that key, the store's clock, and a person who
 * settles what is in doubt. Replies are lost, processes die or stand still at every step, leases end
 * and records expire, without a bound on how often. README.md says which function of the library
 * each `step` stands for, what is left out, and why it may be.
 *
 * Defined from outside: WORKERS; a mode, which is UNREPEATABLE, REPEATABLE, DEDUPLICATED or
 * TRANSACTIONAL; the properties to check, G1 to G10 and LTL_G2, LTL_G7, LTL_G8; and to see that they
 * can fail, one MUTANT_ or LIMIT_ at most.
 */

/* Names a transition. A counterexample is told in these names, and one never taken fails the run. */
#define step(what) printf(what)

#define ME (_pid + 1)
#define NOBODY 0
/* An owner of whom no process knows any more. */
#define GONE (WORKERS + 1)
/* The result in the words of a person who knows that it happened. */
#define IN_WORDS 100

#if !defined(UNREPEATABLE) || defined(MUTANT_DOUBT_IS_FOLLOWED)
#define FOLLOWED
#endif
#ifdef MUTANT_TOKEN_RESTARTS
/* Counted tokens have no end, and three are enough for one to come back. */
#define mayFollow (ended && token < 3)
#else
#define mayFollow ended
#endif

/* ---- The record, as the store keeps it. ---- */

mtype = { absent, unsettled, completed };
mtype state = absent;
byte token;
/* Whose request made the claim. A request draws its own, so a worker's number will do. */
byte nonce;
bit fingerprint;
/* The lease. */
bool ended;
/* Whose it is: attempts are told apart by their tokens. */
byte result;

/* ---- The world around it. ---- */

/* The token that each worker quotes. */
byte held[WORKERS];
bool renewing[WORKERS];
/* The token that the person quotes. */
byte seen;
/* Workers who have an answer that stands. */
byte answered;
/* From now on nothing fails any more. */
bool calm;

/* ---- What nobody in the system knows, to judge it by. ---- */

/* Who claimed last. */
byte owner;
/* In this life of the record, which ends with its retention. 2 is "many". */
byte effects;
/* The first answer that anybody had in this life. */
byte answer;
#ifdef UNREPEATABLE
/* The owner has not acted, and may yet. */
bool mayAct;
/* Claimed, and neither completed nor released. */
bool owed;
#define NOTE(fact, value) fact = value
#else
#define NOTE(fact, value) skip
#endif
#ifdef TRANSACTIONAL
/* The record was completed with a refusal, after a rollback: it stands for no effect. */
bool refused;
#endif

/* Known within one atomic step only, and so no part of a state. */
hidden mtype verdict;
hidden byte ok;
hidden byte drawn;
mtype = { may_run, replay, in_flight, in_doubt, mismatch };

#ifdef G1
#define CHECK_G1 assert(effects <= 1)
#else
#define CHECK_G1 skip
#endif
#ifdef G2
#ifdef TRANSACTIONAL
#define CHECK_G2 assert(effects >= 1 || refused)
#else
#define CHECK_G2 assert(effects >= 1)
#endif
#else
#define CHECK_G2 skip
#endif
#ifdef G3
#define CHECK_G3(heard) assert(answer == 0 || answer == heard)
#else
#define CHECK_G3(heard) skip
#endif
#ifdef G5
#define CHECK_G5(mine) assert(fingerprint == mine)
#else
#define CHECK_G5(mine) skip
#endif
#ifdef G6
#define CHECK_G6(heard) assert(state == completed && result == heard)
#else
#define CHECK_G6(heard) skip
#endif
#if defined(G8) && defined(UNREPEATABLE)
#define CHECK_G8 assert(!owed)
#else
#define CHECK_G8 skip
#endif
#ifdef G10
#define CHECK_G10 assert(owner == ME)
/* Who settles owns nothing: what is forgotten is in doubt. */
#define CHECK_G10_DOUBT assert(doubtful)
#else
#define CHECK_G10 skip
#define CHECK_G10_DOUBT skip
#endif

#define unowned (owner == NOBODY || owner == GONE || !renewing[owner - 1])
#define blocked (state == unsettled && !ended && unowned)
#define doubtful (state == unsettled && ended)

#ifdef LTL_G2
ltl g2 { [] (calm -> <> (answered == WORKERS)) }
#endif
#ifdef LTL_G7
ltl g7 { [] ((calm && blocked) -> <> !blocked) }
#endif
#ifdef LTL_G8
ltl g8 { [] ((calm && doubtful) -> <> !doubtful) }
#endif

/* ---- The store: each verb is a part of one atomic step of whoever calls it. ---- */

#if WORKERS == 2
#define QUOTED(it) (it == held[0] || it == held[1])
#elif WORKERS == 3
#define QUOTED(it) (it == held[0] || it == held[1] || it == held[2])
#else
#define QUOTED(it) (it == held[0] || it == held[1] || it == held[2] || it == held[3])
#endif

/*
 * A token that nobody could quote: to fences that only compare, as good as one that never was. So
 * there are few of them, however many claims there are.
 */
inline drawToken() {
#ifdef MUTANT_TOKEN_RESTARTS
  token++;
#else
  drawn = 1;
  do
  :: drawn == token || drawn == result || drawn == answer || drawn == seen || QUOTED(drawn) ->
     drawn++
  :: else -> break
  od;
  token = drawn;
#endif
}

inline begin(mine) {
  CHECK_G8;
  drawToken();
  state = unsettled;
  nonce = ME;
  ended = false;
  result = 0;
  fingerprint = mine;
  owner = ME;
  NOTE(mayAct, true);
  NOTE(owed, true)
}

/* Claims, and judges the answer. */
inline claim(mine) {
  if
  :: state == unsettled && nonce == ME ->
     ended = false;
     verdict = may_run
  :: state == absent ->
     begin(mine);
     verdict = may_run
#ifdef FOLLOWED
  :: state == unsettled && nonce != ME && mayFollow && fingerprint == mine ->
     step("claim: follows a lease that ended\n");
     NOTE(owed, false);
     begin(mine);
     verdict = may_run
#endif
  :: else ->
     judge(mine)
  fi
}

inline judge(mine) {
  if
#ifndef MUTANT_FINGERPRINT_SKIPPED
  :: fingerprint != mine -> verdict = mismatch
#define COMPARED (fingerprint == mine)
#else
#define COMPARED true
#endif
  :: COMPARED && state == completed -> verdict = replay
#ifdef UNREPEATABLE
  :: COMPARED && state == unsettled && ended -> verdict = in_doubt
  :: COMPARED && state == unsettled && !ended -> verdict = in_flight
#else
  :: COMPARED && state == unsettled -> verdict = in_flight
#endif
  fi
}

inline settle(kept) {
  state = completed;
  result = kept;
  nonce = 0;
  ended = false;
  NOTE(mayAct, false);
  NOTE(owed, false)
}

/* What is left of a record that is gone. Not what is owed: that only a release pays. */
inline forget() {
  state = absent;
  nonce = 0;
  result = 0;
  token = 0;
  ended = false;
  fingerprint = 0;
  owner = NOBODY;
  NOTE(mayAct, false)
}


#define MINE (token == held[_pid])

inline renew() {
  if
#ifdef MUTANT_RENEW_UNFENCED
  :: state == unsettled ->
#else
  :: state == unsettled && MINE ->
#endif
     CHECK_G10;
     ended = false;
     ok = true
  :: else -> ok = false
  fi
}

inline complete() {
  if
#ifdef MUTANT_COMPLETE_UNFENCED
  :: state == unsettled ->
#else
  :: state == unsettled && MINE ->
#endif
     if
     :: ended -> step("complete: heals a lease that ended\n")
     :: else
     fi;
     CHECK_G10;
     settle(held[_pid]);
     ok = true
#ifdef MUTANT_COMPLETE_UNFENCED
  :: state == completed -> ok = true
#else
  :: state == completed && MINE -> ok = true
#endif
  :: else -> ok = false
  fi
}

inline release() {
  if
#ifdef MUTANT_RELEASE_UNFENCED
  :: state == unsettled ->
#else
  :: state == unsettled && MINE ->
#endif
     CHECK_G10;
     forget();
     NOTE(owed, false);
     ok = true
  :: else -> ok = false
  fi
}

#ifdef TRANSACTIONAL
/* The row is locked from the fence to the commit, so the two are one step. */
inline commit() {
  if
  :: state == unsettled && MINE ->
     CHECK_G10;
     effects = (effects == 0 -> 1 : 2);
     CHECK_G1;
     settle(held[_pid]);
     ok = true
  :: else -> ok = false
  fi
}
#endif

/* ---- A worker: one request of the key after another, each in a process that may die. ---- */

/* What is done downstream, and whether downstream does it again. */
inline act() {
#if defined(DEDUPLICATED) && !defined(MUTANT_DERIVES_FROM_TOKEN)
  effects = 1;
#else
  effects = (effects == 0 -> 1 : 2);
#endif
  NOTE(mayAct, false);
  CHECK_G1
}

/* An answer that is no error of ours. */
inline hear(what) {
  CHECK_G2;
  CHECK_G3(what);
  CHECK_G6(what);
  answer = what
}

/* The request is over for this process, well or not. The next one draws a new nonce. */
inline leave() {
  held[_pid] = 0;
  renewing[_pid] = false;
#ifdef TRANSACTIONAL
  underway = false;
#endif
  if
  :: nonce == ME -> nonce = 0
  :: else
  fi;
  if
  :: owner == ME ->
     owner = GONE;
     NOTE(mayAct, false)
  :: else
  fi
}

/* The client has what it asked for, or knows that it never will. */
inline finish() {
  leave();
  answered++
}

active [WORKERS] proctype Worker() {
  bit mine;
#ifdef TRANSACTIONAL
  bool underway;
#endif

  /* By symmetry it does not matter which of them come with another fingerprint. */
  atomic {
    if
    :: _pid >= WORKERS - WORKERS / 2 -> mine = 1
    :: mine = 0
    fi
  }

  /* Also where a process is down, or no request is there yet. */
asking:
  if
  :: atomic {
#ifdef MUTANT_CLAIM_UNCONDITIONAL
       if
       :: state == absent -> goto taking
       :: else -> claim(mine)
       fi;
#else
       claim(mine);
#endif
       if
       :: !calm ->
          step("claim: the reply is lost, so it is made again\n");
          goto asking
       :: verdict == may_run ->
          step("claim: an attempt\n");
          CHECK_G5(mine);
          held[_pid] = token;
          renewing[_pid] = true;
          goto running
       :: verdict == replay ->
          step("claim: a replay\n");
          CHECK_G5(mine);
          hear(result);
          finish();
          goto done
       :: verdict == mismatch ->
          step("claim: a mismatch\n");
          finish();
          goto done
       :: verdict == in_flight ->
          step("claim: in flight, so it waits and claims again\n");
#ifdef MUTANT_WAITS_FOR_NEWS
          goto waiting
#else
          goto asking
#endif
       :: verdict == in_flight ->
          step("claim: in flight, and the client is told so\n");
          leave();
          goto asking
#ifdef UNREPEATABLE
       :: verdict == in_doubt ->
          step("claim: in doubt\n");
          leave();
          goto asking
#endif
       fi
     }
  :: atomic {
       !calm ->
       step("claim: forsaken\n");
       if
       :: owner == ME -> NOTE(mayAct, false)
       :: else
       fi;
       goto forsaking
     }
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm && owner == ME ->
       step("killed: after a claim whose reply it never saw\n");
       leave();
       goto asking
     }
#endif
  fi;

#ifdef MUTANT_CLAIM_UNCONDITIONAL
taking:
  atomic {
    begin(mine);
    held[_pid] = token;
    renewing[_pid] = true;
    goto running
  }
#endif
#ifdef MUTANT_WAITS_FOR_NEWS
waiting:
  if
  :: atomic { state != unsettled -> goto asking }
  fi;
#endif

forsaking:
  if
  :: atomic {
       claim(mine);
       if
       :: !calm ->
          step("forsaken claim: the reply is lost\n");
          goto forsaking
       :: verdict == may_run ->
          step("forsaken claim: owned, so it is released\n");
          NOTE(mayAct, false);
          held[_pid] = token;
          goto releasing
       :: verdict != may_run ->
          step("forsaken claim: another's\n");
          leave();
          goto asking
       fi
     }
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("killed: with a forsaken claim\n");
       leave();
       goto asking
     }
#endif
  fi;

  /* The handler, before its effect. */
running:
  if
  :: atomic {
       !calm ->
       renew();
       if
       :: ok -> step("renew: kept\n")
#ifndef UNREPEATABLE
       :: !ok -> step("renew: another owns it, before the effect\n")
#endif
       fi;
       goto running
     }
#ifndef TRANSACTIONAL
  :: atomic {
       act();
       step("effect\n");
#ifdef MUTANT_ANSWERS_EARLY
       hear(held[_pid]);
#endif
       goto acted
     }
#else
  :: atomic {
       commit();
       if
       :: !calm ->
          step("commit: the reply is lost\n");
          goto unsure
       :: ok ->
          step("commit: recorded\n");
          hear(held[_pid]);
          finish();
          goto done
       :: !ok ->
          step("commit: rolled back, another owns it\n");
          goto lost
       fi
     }
  :: atomic {
       !calm ->
       step("commit: long on its way\n");
       underway = true;
       goto unsure
     }
  :: atomic {
       !calm ->
       step("rolled back: the answer is a refusal, and kept\n");
       goto acted
     }
#endif
  :: atomic {
       !calm ->
       step("handler: nothing happened, so it is released\n");
       NOTE(mayAct, false);
       goto releasing
     }
#ifndef LIMIT_KILLED
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("handler: throws before its effect\n");
       NOTE(mayAct, false);
       goto givingUp
     }
#endif
#endif
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("killed: before the effect\n");
       leave();
       goto asking
     }
#endif
  fi;

  /* The effect has happened, the answer is there, and the record does not know. */
acted:
  if
  :: atomic {
       !calm ->
       renew();
       if
       :: ok -> step("renew: kept after the effect\n")
       :: !ok -> step("renew: another owns it, after the effect\n")
       fi;
       goto acted
     }
  :: atomic {
       complete();
#ifdef TRANSACTIONAL
       refused = (state == completed && MINE -> 1 : refused);
#endif
       if
       :: !calm ->
          step("complete: the reply is lost, so it is made again\n");
          goto acted
       :: ok ->
          step("complete: recorded\n");
          hear(held[_pid]);
          finish();
          goto done
       :: !ok ->
          step("complete: another owns it\n");
          goto lost
       fi
     }
  :: atomic {
       !calm ->
       step("complete: the client is told that it is not recorded\n");
       renewing[_pid] = false;
       goto completing
     }
#ifndef LIMIT_KILLED
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("handler: throws after its effect\n");
       goto givingUp
     }
#endif
#endif
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("killed: after the effect\n");
       leave();
       goto asking
     }
#endif
  fi;

  /* In the background, after the client was told. */
completing:
  if
  :: atomic {
       complete();
#ifdef TRANSACTIONAL
       refused = (state == completed && MINE -> 1 : refused);
#endif
       if
       :: !calm ->
          step("complete: tried on in the background, and the reply is lost\n");
          goto completing
       :: true ->
          step("complete: tried on in the background, and ended\n");
          leave();
          goto asking
       fi
     }
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("complete: tried on in the background, and abandoned\n");
       leave();
       goto asking
     }
#endif
  fi;

givingUp:
#if defined(UNREPEATABLE) && !defined(MUTANT_CATCH_AND_RELEASE)
  if
  :: atomic {
       if
       :: state == unsettled && MINE ->
          step("give up: in doubt at once\n");
          CHECK_G10;
          ended = true
       :: else -> step("give up: the lease is another's already\n")
       fi;
       leave();
       goto asking
     }
  :: atomic {
       !calm ->
       step("give up: the store cannot be told, so the lease ends by itself\n");
       leave();
       goto asking
     }
  fi;
#else
  goto releasing;
#endif

releasing:
  if
  :: atomic {
       release();
       if
       :: !calm ->
          step("release: the reply is lost, so it is tried on in the background\n");
          renewing[_pid] = false;
          goto releasing
       :: ok ->
          step("release: forgotten\n");
          leave();
          goto asking
       :: !ok ->
          step("release: not its own any more\n");
          goto lost
       fi
     }
#ifdef TRANSACTIONAL
  :: atomic {
       underway ->
       underway = false;
       commit();
       step("commit: lands before a release\n");
       goto releasing
     }
#endif
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("killed: before a release\n");
       leave();
       goto asking
     }
#endif
  fi;

#ifdef TRANSACTIONAL
  /* Both or neither, and only the record can tell which. */
unsure:
  if
  :: atomic {
       underway ->
       underway = false;
       commit();
       step("commit: lands late\n");
       goto unsure
     }
  :: atomic {
       if
       :: MINE && state == completed ->
          step("commit: read, and it had landed\n");
          hear(held[_pid]);
          finish();
          goto done
       :: MINE && state == unsettled ->
          step("commit: read, and it has not landed\n");
          goto undoing
       :: !MINE ->
          step("commit: read, and another owns it\n");
          goto lost
       fi
     }
  :: atomic {
       !calm ->
       step("commit: cannot be read, so it is released later\n");
       renewing[_pid] = false;
       goto releasing
     }
#ifndef LIMIT_STOPPED
  :: atomic {
       !calm ->
       step("killed: unsure of its commit\n");
       leave();
       goto asking
     }
#endif
  fi;

undoing:
  if
  :: atomic {
       underway ->
       underway = false;
       commit();
       step("commit: lands before it is undone\n");
       goto undoing
     }
  :: atomic {
       release();
       if
       :: !calm ->
          step("commit: undone, but the reply is lost\n");
          renewing[_pid] = false;
          goto releasing
       :: ok ->
          step("commit: undone\n");
          leave();
          goto asking
       :: !ok ->
          step("commit: cannot be undone\n");
          goto landed
       fi
     }
  fi;

landed:
  if
  :: atomic {
       if
       :: MINE ->
          step("commit: cannot be undone, for it had landed\n");
          hear(held[_pid]);
          finish();
          goto done
       :: else ->
          step("commit: cannot be undone, for another owns it\n");
          goto lost
       fi
     }
  :: atomic {
       !calm ->
       step("commit: cannot be read again\n");
       leave();
       goto asking
     }
  fi;
#endif

  /* Overtaken: its own answer is nobody's. */
lost:
  if
#ifdef MUTANT_LOSER_ANSWERS
  :: atomic {
       hear(held[_pid]);
       finish();
       goto done
     }
#else
  :: atomic {
       if
       :: state == absent -> verdict = in_flight
       :: else -> judge(mine)
       fi;
       if
       :: verdict == replay ->
          step("re-read: the other's answer\n");
          CHECK_G5(mine);
          hear(result);
          finish();
          goto done
       :: verdict == mismatch ->
          step("re-read: a mismatch\n");
          finish();
          goto done
       :: verdict == in_flight || verdict == in_doubt ->
          step("re-read: no answer yet\n");
          leave();
          goto asking
       fi
     }
  :: atomic {
       !calm ->
       step("re-read: fails\n");
       leave();
       goto asking
     }
#endif
  fi;

done:
end_answered:
  atomic {
    !calm ->
    step("duplicate\n");
    answered--;
    goto asking
  }
}

/* ---- The store's clock, and the end of all faults. ---- */

active proctype Clock() {
end_standing:
  do
#ifdef MUTANT_LEASE_NEVER_ENDS
  :: atomic { !calm && state == unsettled && !ended && !unowned -> ended = true }
#elif defined(MUTANT_DROPPED_WITH_LEASE)
  :: atomic { !calm && state == unsettled && !ended -> forget() }
#elif defined(LIMIT_KILLED)
  :: atomic { state == unsettled && !ended && unowned -> ended = true }
#else
  :: atomic {
       state == unsettled && !ended && (unowned || !calm) ->
       if
       :: unowned -> step("clock: the lease of nobody ends\n")
       :: else -> step("clock: the lease ends under its owner's feet\n")
       fi;
       ended = true
     }
#endif
  :: atomic {
       !calm && state == unsettled && ended ->
       step("clock: a renewal that was long on its way arrives\n");
       ended = false
     }
  :: atomic {
       !calm && state == completed ->
       step("clock: the retention ends\n");
       forget();
       answer = 0;
#ifdef TRANSACTIONAL
       refused = 0;
#endif
#if !defined(DEDUPLICATED) && !defined(LIMIT_RETENTION)
       effects = 0
#endif
     }
#if !defined(UNREPEATABLE) || defined(MUTANT_DOUBT_EXPIRES)
  :: atomic {
       !calm && state == unsettled && ended ->
       step("clock: the retention of an unfollowed lease ends\n");
       forget()
     }
#endif
#ifdef LIMIT_FAILOVER
  :: atomic {
       !calm && state != absent ->
       forget();
       NOTE(owed, false);
       answer = 0;
#ifdef TRANSACTIONAL
       effects = 0
#endif
     }
#endif
  :: atomic {
       !calm ->
       step("clock: calm\n");
       calm = true
     }
  od
}

/* ---- A person, or a program that looked, who settles what is in doubt. ---- */

#ifdef UNREPEATABLE
/*
 * "It did not happen" is said only of what cannot happen any more. LIMIT_HASTY is who says it while
 * the owner stands still and may go on.
 */
#if defined(LIMIT_HASTY)
#define known true
#elif defined(MUTANT_DOUBT_IS_HIDDEN)
#define known false
#else
#define known (effects > 0 || !mayAct)
#endif

active proctype Person() {
end_looking:
  atomic {
    doubtful && known ->
    seen = token;
    if
    :: effects > 0 -> goto happened
    :: else -> goto didNotHappen
    fi
  }

happened:
  if
  :: atomic {
       if
       :: state == unsettled && ended && token == seen ->
          step("resolve: it happened\n");
#ifndef MUTANT_RESOLVE_KEEPS_TOKEN
          drawToken();
#endif
          settle(IN_WORDS);
          owner = NOBODY
       :: else -> step("resolve: not in doubt any more\n")
       fi;
       seen = 0;
       goto end_looking
     }
  :: atomic {
       !calm ->
       step("resolve: never arrives\n");
       seen = 0;
       goto end_looking
     }
  fi;

didNotHappen:
  if
  :: atomic {
       if
#ifdef MUTANT_FORGETS_UNDOUBTED
       :: state == unsettled && token == seen ->
#else
       :: state == unsettled && ended && token == seen ->
#endif
          step("resolve: it did not happen, so it is forgotten\n");
          CHECK_G10_DOUBT;
          forget();
          NOTE(owed, false)
       :: state == unsettled && !ended && token == seen ->
          step("resolve: in flight again\n")
       :: token != seen || state != unsettled ->
          step("resolve: another's already, or gone\n")
       fi;
       seen = 0;
       goto end_looking
     }
  :: atomic {
       !calm ->
       step("resolve: that it did not happen never arrives\n");
       seen = 0;
       goto end_looking
     }
  fi
}
#endif
