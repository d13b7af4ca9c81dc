/*
 * rotate.pml: the protocol of rotation.h as a Promela model, for every order
 * of crashes, lost and late answers, consumers that do not notice, people and
 * other programs. `make model` checks it and its mutants.
 *
 * The engine is proctype Rotator: one branch a state, as in steps.c. GO(X) is
 * the durable commit of a transition; arrows.sh compares every GO with the
 * table in rotation_facts.c. Time is not modelled: where the engine waits for
 * a window to pass, the model waits until what may still land has landed.
 * What a program uses shows in last-used data, so grace and pickup appear as
 * "whoever has the old pair in memory is seen using it".
 *
 * -DM_xxx takes one guard out; each of these must end in an error.
 */
#ifndef NC
#define NC 2      /* registered clients */
#endif
#ifndef CRASHES
#define CRASHES 2 /* deaths of the rotator */
#endif
#ifndef LOSSES
#define LOSSES 2  /* answers lost, or effects that land late */
#endif
#ifndef RFAIL
#define RFAIL 1   /* consumers that do not notice the new pair */
#endif
#ifndef WHIMS
#define WHIMS 1   /* of each thing that people do: rollback, release, ... */
#endif

#ifdef M_RESEND
#define RESEND may_send = true
#else
#define RESEND skip
#endif

#ifdef M_NOTOUCH
#define KEPT(c) true
#else
#define KEPT(c) !jtouched[c]
#endif

#define K    4    /* keys: 0 the old one, 1 and 2 ours, 3 an admin's */
#define NONE 7

mtype = { IDLE, INTENT, ORPH, ORPHQ, CREATED, PROVED, PUSHING, GRACE, DEACT,
	QUIET, DEL, DONE, RB, BLOCKED };

/* ---- the world ---- */
bool ex[K], act[K];
bool late_create = false;          /* an effect on its way, answer lost */
byte late_off = NONE, late_del = NONE;
byte conf[NC], mem[NC];            /* key in the file, key in the program */
bool foreign = false;              /* somebody unknown uses key 0 */
bool foreign_ever = false;
bool admin_used = false;           /* somebody uses the admin's key */
byte next_key = 1;
byte crashes = 0, losses = 0, rfail = 0;
byte rollbacks = 0, releases = 0, newcomers = 0, edits = 0, again = 0;
byte refusals = 0, stale = 0, odd = 0;

/* ---- the record, durable ---- */
mtype j = IDLE, jres = IDLE;
byte jold = 0, jnew = NONE, jorph = NONE;
byte jbase = 0;                    /* keys listed before the first call */
byte jsent = 0;                    /* calls announced and not answered */
bool jrb = false;                  /* old and new are exchanged */
bool jver[NC], jtouched[NC];
bool alarm = false;
bool over = false;                 /* the rotation is finished */
byte lock = 0;

#define BIT(k)    (1 << (k))
#define MASK      (ex[0] + 2 * ex[1] + 4 * ex[2] + 8 * ex[3])
#define COUNT     (ex[0] + ex[1] + ex[2] + ex[3])
#if NC > 1
#define HELD(k)   (mem[0] == (k) || conf[0] == (k) || mem[1] == (k) || conf[1] == (k))
#define RUNS_ON(k) (mem[0] == (k) || mem[1] == (k))
#define VERIFIED  (jver[0] && jver[1])
#define TOUCHED   (jtouched[0] || jtouched[1])
#else
#define HELD(k)   (mem[0] == (k) || conf[0] == (k))
#define RUNS_ON(k) (mem[0] == (k))
#define VERIFIED  (jver[0])
#define TOUCHED   (jtouched[0])
#endif
/* What last-used data shows of a key; what of it the engine looks at. */
#define USED(k)   (RUNS_ON(k) || ((k) == 0 && foreign) || ((k) == 3 && admin_used))
#ifdef M_NOLASTUSED
#define SEEN(k)   false
#else
#define SEEN(k)   USED(k)
#endif
#ifdef M_ORPHUSED
#define ORPH_SEEN(k) false
#else
#define ORPH_SEEN(k) USED(k)
#endif
/* The window in which a switch-off without an answer may land has passed. */
#ifdef M_NOWINDOW
#define SETTLED   true
#else
#define SETTLED   (late_off == NONE)
#endif
#ifdef M_NOFSYNC
#define GO(s)     pj = j; pnew = jnew; j = s
mtype pj = IDLE; byte pnew = NONE; /* what reached the disk */
#else
#define GO(s)     j = s
#endif
#define BLOCK(s)  alarm = true; jres = s; j = BLOCKED /* GO(BLOCKED) */

/* I1: no registered client needs a key that goes. */
inline fx_off(k) { d_step {
	/* When a person is asked, nothing goes off behind their back. */
	assert(!(j == BLOCKED && k == jold && ex[k]));
	if :: ex[k] -> assert(!HELD(k)); act[k] = false :: else fi } }
/* I4: never a key that is seen in use, and never before it was off. I5: never
 * one that is not ours and in use. Of the moment at which we ask; what others
 * do to a key until a late call lands is theirs. */
inline ask_del(k) {
	assert(!((k) == 0 && foreign));
	assert(!((k) == 3 && (admin_used || jsent == 0)));
	assert(!act[k]) }
inline fx_del(k) { d_step {
	if :: ex[k] -> assert(!HELD(k)); ex[k] = false; act[k] = false :: else fi } }

/* Effects whose answer was lost. */
proctype Net() {
end:	do
	:: atomic { late_create -> late_create = false;
		if :: COUNT < 2 && next_key < 3 ->
			ex[next_key] = true; act[next_key] = true; next_key++
		:: else fi }
	:: atomic { late_off != NONE -> fx_off(late_off); late_off = NONE }
	:: atomic { late_del != NONE -> fx_del(late_del); late_del = NONE }
	od }

/* I1: what a client sends with is accepted. It may start anew at any time. */
proctype Client(byte c) {
end:	do
	:: atomic { mem[c] != NONE -> assert(ex[mem[c]] && act[mem[c]]) }
	:: atomic { mem[c] != conf[c] -> mem[c] = conf[c] }
	od }

proctype World() {
	do
	:: atomic { ex[0] && act[0] && !foreign_ever -> foreign_ever = true; foreign = true }
	:: atomic { foreign -> foreign = false }
	:: atomic { !ex[3] && COUNT < 2 && odd < WHIMS -> odd++; ex[3] = true; act[3] = true }
	:: atomic { ex[3] && act[3] && !admin_used -> admin_used = true }
	/* An admin deletes, or switches on, the key that nobody needs. Not the
	 * one that we are going back to: with that, mail has no way left. */
	:: atomic { ex[0] && !HELD(0) && !foreign && jold == 0 && j != RB && odd < WHIMS ->
		odd++; ex[0] = false; act[0] = false }
	:: atomic { ex[0] && !act[0] && again < WHIMS -> again++; act[0] = true }
	:: break
	od }

#define CRASH :: atomic { crashes < CRASHES -> crashes++; lock = 0; goto recover }

proctype Rotator() {
	byte c, d;
	bool may_send;

recover:
	atomic { skip;
#ifndef M_NOLOCK
		lock == 0; lock = 1;
#endif
#ifdef M_NOINTENT
		if :: j == INTENT -> j = IDLE; jsent = 0; jbase = 0 :: else fi;
#endif
#ifdef M_NOFSYNC
		if :: crashes > 0 && pj != j -> if :: j = pj; jnew = pnew :: skip fi :: else fi;
#endif
		may_send = false }
	do
	:: j == IDLE && over -> break

	:: j == IDLE && !over ->
		if
#ifndef M_DELOLDEST
		:: atomic { COUNT > 1 && jnew == NONE -> BLOCK(IDLE) }
#else
		:: atomic { COUNT > 1 && jnew == NONE -> ex[0] = false; act[0] = false }
#endif
#ifdef START_ADOPTED
		:: atomic { jnew != NONE -> GO(GRACE) }      /* adopt --retire */
#endif
		:: atomic { COUNT <= 1 && jnew == NONE ->
			jbase = MASK; jsent = 1; may_send = true;
			GO(INTENT) }                         /* S1 */
		CRASH fi

	:: j == INTENT && !may_send ->                       /* orphan_look() */
#ifndef M_NOLATEWAIT
		if :: jsent == 0 || !late_create fi;
#endif
		d = MASK & (15 - jbase);
		if
#ifndef M_NOSENT
		:: atomic { d != 0 && jsent == 0 -> BLOCK(INTENT) }
		:: d != 0 && jsent > 0 ->
#else
		:: d != 0 ->
#endif
			if :: (d & 2) != 0 -> jorph = 1
			   :: (d & 2) == 0 && (d & 4) != 0 -> jorph = 2
			   :: (d & 6) == 0 -> jorph = 3 fi;
			if
			:: atomic { ORPH_SEEN(jorph) -> jorph = NONE; BLOCK(INTENT) }
			:: atomic { !ORPH_SEEN(jorph) -> GO(ORPH) }
			CRASH fi
		:: atomic { d == 0 && COUNT < 2 && next_key < 3 && jsent < 3 ->
			jsent++; may_send = true }           /* announced */
		:: atomic { d == 0 && COUNT < 2 && (next_key >= 3 || jsent >= 3) -> BLOCK(INTENT) }
		/* All known, one of them is gone soon: the list is asked again. */
		:: atomic { d == 0 && COUNT >= 2 -> BLOCK(INTENT) }
		CRASH fi

	:: j == INTENT && may_send ->                        /* create() */
		may_send = false;
		if
		:: atomic { COUNT < 2 && next_key < 3 -> d = next_key;
			ex[d] = true; act[d] = true; next_key++ }
			if :: atomic { jnew = d; jsent--; GO(CREATED) } /* S2 */
			   :: atomic { losses < LOSSES -> losses++; RESEND }
			CRASH fi
		:: atomic { losses < LOSSES -> losses++; late_create = true; RESEND }
		:: atomic { COUNT >= 2 || next_key >= 3 -> jsent-- } /* refused */
		CRASH fi

	:: j == ORPH ->
		if
		:: act[jorph] ->
			if
			:: atomic { ORPH_SEEN(jorph) -> BLOCK(ORPH) }
			:: atomic { !ORPH_SEEN(jorph) -> fx_off(jorph) }
			:: atomic { !ORPH_SEEN(jorph) && losses < LOSSES && late_off == NONE ->
				losses++; late_off = jorph }
			CRASH fi
		:: atomic { !act[jorph] -> GO(ORPHQ) }       /* as listed */
		fi

	:: j == ORPHQ ->
		late_off == NONE;                            /* the window */
		if
		:: atomic { ex[jorph] && ORPH_SEEN(jorph) -> act[jorph] = true; BLOCK(ORPH) }
		:: atomic { ex[jorph] && !ORPH_SEEN(jorph) && !act[jorph] -> ask_del(jorph); fx_del(jorph) }
		:: atomic { ex[jorph] && !ORPH_SEEN(jorph) && act[jorph] -> act[jorph] = false }
		:: atomic { !ex[jorph] ->
			jbase = jbase | BIT(jorph); jorph = NONE; jsent--;
			GO(INTENT) }
		CRASH fi

	:: j == CREATED ->                                   /* prove() */
		if
		:: atomic { act[jnew] -> GO(PROVED) }
		:: atomic { refusals < 1 && jold != NONE -> refusals++; GO(RB) }
		/* The third new key in a row, or there is no way back. */
		:: atomic { refusals < 1 -> refusals++; BLOCK(CREATED) }
		CRASH fi

	:: j == PROVED ->
		if
		:: atomic { GO(PUSHING) }                    /* S3 */
		:: atomic { stale < 1 -> stale++; GO(CREATED) }
		:: atomic { rollbacks < WHIMS && jold != NONE -> rollbacks++; GO(RB) }
		:: atomic { edits < WHIMS -> edits++; BLOCK(PROVED) }
		CRASH fi

	:: j == PUSHING ->
		c = 0;
		do
		:: c < NC && jver[c] -> c++
		:: c < NC && !jver[c] ->
			atomic { conf[c] = jnew; jtouched[c] = true } /* S4 */
			if CRASH :: skip fi;
			/* The program notices, or it does not. */
			if :: mem[c] = conf[c]
			   :: atomic { rfail < RFAIL && mem[c] != NONE -> rfail++ } fi;
#ifdef M_BLINDVERIFY
			atomic { jver[c] = true; conf[c] = jold }
#else
			atomic { conf[c] == jnew -> jver[c] = true }
#endif
			c++
		:: c >= NC -> break
		od;
		if
		:: atomic { jold == NONE -> GO(DONE) }
		:: atomic { jold != NONE -> GO(GRACE) }
		:: atomic { rollbacks < WHIMS && jold != NONE && !jrb -> rollbacks++; GO(RB) }
		:: atomic { edits < WHIMS -> edits++; BLOCK(PUSHING) } /* foreign edit */
		CRASH fi

	:: j == GRACE ->
		if
		:: atomic { !ex[jold] -> GO(DONE) }
		:: atomic { ex[jold] && !VERIFIED -> GO(PUSHING) }
		:: atomic { ex[jold] && VERIFIED && SEEN(jold) ->
			act[jold] = true; jver[0] = false; BLOCK(PUSHING) }
		:: atomic { ex[jold] && VERIFIED && !SEEN(jold) -> GO(DEACT) }
		:: atomic { newcomers < WHIMS -> newcomers++; jver[0] = false }
		:: atomic { rollbacks < WHIMS && !jrb -> rollbacks++; GO(RB) }
		CRASH fi

	:: j == DEACT ->
		if
		:: atomic { !ex[jold] -> GO(DONE) }
		:: atomic { ex[jold] && !VERIFIED -> SETTLED; act[jold] = true; GO(PUSHING) }
		:: atomic { ex[jold] && VERIFIED && act[jold] && SEEN(jold) ->
			SETTLED; jver[0] = false; BLOCK(PUSHING) }
		:: ex[jold] && VERIFIED && act[jold] && !SEEN(jold) ->
			if :: fx_off(jold)                   /* S5 */
			   :: atomic { losses < LOSSES && late_off == NONE ->
				losses++; late_off = jold }
			CRASH fi
		:: atomic { ex[jold] && VERIFIED && !act[jold] -> GO(QUIET) } /* as listed */
		:: atomic { newcomers < WHIMS -> newcomers++; jver[0] = false }
		:: atomic { rollbacks < WHIMS && !jrb -> rollbacks++; GO(RB) }
		CRASH fi

	:: j == QUIET ->
		if
		:: atomic { !ex[jold] -> GO(DONE) }
		:: atomic { ex[jold] && !VERIFIED -> SETTLED; act[jold] = true; GO(PUSHING) }
		:: atomic { ex[jold] && VERIFIED && (SEEN(jold) || act[jold]) ->
#ifndef M_REOPEN
			SETTLED;
#endif
			act[jold] = true; jver[0] = false; BLOCK(PUSHING) }
		/* Off for so long that nobody can depend on it any more. */
		:: atomic { ex[jold] && VERIFIED && !SEEN(jold) && !act[jold] && SETTLED ->
			foreign_ever = true; GO(DEL) }
		:: atomic { newcomers < WHIMS -> newcomers++; jver[0] = false }
		:: atomic { rollbacks < WHIMS && !jrb -> rollbacks++; GO(RB) }
		CRASH fi

	:: j == DEL ->                                       /* no way back */
		if
		:: atomic { !ex[jold] -> GO(DONE) }
#ifndef M_NOONAGAIN
		:: atomic { ex[jold] && act[jold] -> BLOCK(PUSHING) }
		:: ex[jold] && !act[jold] ->
#else
		:: ex[jold] ->
#endif
			/* Everything is asked once more, then S6. */
			if :: atomic { !act[jold] && !SEEN(jold) -> ask_del(jold); fx_del(jold) }
			   :: atomic { !act[jold] && !SEEN(jold) && losses < LOSSES && late_del == NONE ->
				ask_del(jold); losses++; late_del = jold }
#ifdef M_NOONAGAIN
			   :: atomic { act[jold] -> ask_del(jold); fx_del(jold) }
#endif
			   :: else
			CRASH fi;
#ifndef M_NODELCONFIRM
			late_del == NONE
#else
			atomic { GO(DONE) }
#endif
		fi

	:: j == RB ->
		if
		:: !jrb ->                                   /* turn_round() */
			if
			:: atomic { !ex[jold] -> BLOCK(CREATED) }
			:: ex[jold] ->
#ifndef M_RBLATE
				SETTLED;
#endif
#ifndef M_RBOFF
				act[jold] = true;
#endif
				if CRASH :: skip fi;
				atomic { d = jold; jold = jnew; jnew = d; jrb = true;
					c = 0;
					do :: c < NC -> jver[c] = KEPT(c); c++
					:: else -> break od }
			fi
		:: jrb ->
			c = 0;
			do
			:: c < NC && jver[c] -> c++
			:: c < NC && !jver[c] ->
				conf[c] = jnew;
				if CRASH :: skip fi;
				if :: mem[c] = conf[c]
				   :: atomic { rfail < RFAIL && mem[c] != NONE -> rfail++ } fi;
				atomic { conf[c] == jnew -> jver[c] = true };
				c++
			:: c >= NC -> break
			od;
			if
			:: atomic { TOUCHED -> GO(GRACE) }
			:: atomic { !TOUCHED -> GO(DEACT) }
			CRASH fi
		fi

	:: j == DONE ->
		atomic { jold = jnew; jnew = NONE; jrb = false; over = true;
			GO(IDLE) }

	:: j == BLOCKED ->
		if
		:: atomic { releases < WHIMS -> releases++; j = jres }
		:: break
		fi
	od;
	atomic {
		assert(COUNT <= 2);                          /* I2 */
		/* I7: there is a key to send with. I3: nothing of ours is left. */
		if
		:: j == IDLE ->
			assert(ex[jold] && act[jold]);
			assert((!ex[1] || jold == 1) && (!ex[2] || jold == 2) && !late_create)
		:: j == BLOCKED ->
			assert(alarm);                       /* L2 */
			assert((!ex[1] || jnew == 1 || jorph == 1 || jold == 1 || (jbase & 2) != 0 || jsent > 0) &&
			    (!ex[2] || jnew == 2 || jorph == 2 || jold == 2 || (jbase & 4) != 0 || jsent > 0))
		fi;
		lock = 0 }
}

init { atomic {
	byte c = 0;
#ifdef START_EMPTY
	jold = NONE;
	foreign_ever = true;
	do :: c < NC -> conf[c] = NONE; mem[c] = NONE; c++ :: else -> break od;
#else
	ex[0] = true; act[0] = true;
#endif
#ifdef START_ADOPTED
	ex[1] = true; act[1] = true; next_key = 2; jnew = 1;
	do :: c < NC -> conf[c] = 1; mem[c] = 1; jver[c] = true; c++ :: else -> break od;
#endif
	run Net(); run World(); run Client(0);
#if NC > 1
	run Client(1);
#endif
#ifdef M_NOLOCK
	run Rotator();
#endif
	run Rotator() } }

/* L1: it ends, finished or with a person told. */
ltl live { <> (over || j == BLOCKED) }
