#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* PROC cluster */
	case 3: // STATE 2 - cluster.pml:68 - [D_STEP68]
		/* default 262 */
		

		reached[0][2] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_000_0: /* 2 */
		/* c_code2 */
		{  birth();  }
;
		goto S_487_0;
S_487_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 4: // STATE 6 - cluster.pml:70 - [D_STEP70]
		if (!(boq == -1 && ( can_tick(0) )))
			continue;

		reached[0][6] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_002_0: /* 2 */
		if (!(( can_tick(0) )))
			Uerror("block in d_step seq");
S_003_0: /* 2 */
		/* c_code4 */
		{  do_tick(0); check("tick", 0, 9);  }
;
S_004_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 5: // STATE 10 - cluster.pml:71 - [D_STEP71]
		if (!(boq == -1 && ( can_elect(0, 1) )))
			continue;

		reached[0][10] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_006_0: /* 2 */
		if (!(( can_elect(0, 1) )))
			Uerror("block in d_step seq");
S_007_0: /* 2 */
		/* c_code6 */
		{  do_elect(0, 1); check("elect", 0, 1);  }
;
S_008_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 6: // STATE 14 - cluster.pml:71 - [D_STEP71]
		if (!(boq == -1 && ( can_elect(0, 2) )))
			continue;

		reached[0][14] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_010_0: /* 2 */
		if (!(( can_elect(0, 2) )))
			Uerror("block in d_step seq");
S_011_0: /* 2 */
		/* c_code8 */
		{  do_elect(0, 2); check("elect", 0, 2);  }
;
S_012_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 7: // STATE 18 - cluster.pml:71 - [D_STEP71]
		if (!(boq == -1 && ( can_elect(1, 0) )))
			continue;

		reached[0][18] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_014_0: /* 2 */
		if (!(( can_elect(1, 0) )))
			Uerror("block in d_step seq");
S_015_0: /* 2 */
		/* c_code10 */
		{  do_elect(1, 0); check("elect", 1, 0);  }
;
S_016_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 8: // STATE 22 - cluster.pml:71 - [D_STEP71]
		if (!(boq == -1 && ( can_elect(1, 2) )))
			continue;

		reached[0][22] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_018_0: /* 2 */
		if (!(( can_elect(1, 2) )))
			Uerror("block in d_step seq");
S_019_0: /* 2 */
		/* c_code12 */
		{  do_elect(1, 2); check("elect", 1, 2);  }
;
S_020_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 9: // STATE 26 - cluster.pml:71 - [D_STEP71]
		if (!(boq == -1 && ( can_elect(2, 0) )))
			continue;

		reached[0][26] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_022_0: /* 2 */
		if (!(( can_elect(2, 0) )))
			Uerror("block in d_step seq");
S_023_0: /* 2 */
		/* c_code14 */
		{  do_elect(2, 0); check("elect", 2, 0);  }
;
S_024_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 10: // STATE 30 - cluster.pml:71 - [D_STEP71]
		if (!(boq == -1 && ( can_elect(2, 1) )))
			continue;

		reached[0][30] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_026_0: /* 2 */
		if (!(( can_elect(2, 1) )))
			Uerror("block in d_step seq");
S_027_0: /* 2 */
		/* c_code16 */
		{  do_elect(2, 1); check("elect", 2, 1);  }
;
S_028_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 11: // STATE 34 - cluster.pml:72 - [D_STEP72]
		if (!(boq == -1 && ( can_elect_ahead(0, 1) )))
			continue;

		reached[0][34] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_030_0: /* 2 */
		if (!(( can_elect_ahead(0, 1) )))
			Uerror("block in d_step seq");
S_031_0: /* 2 */
		/* c_code18 */
		{  do_elect_ahead(0, 1); check("elect_ahead", 0, 1);  }
;
S_032_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 12: // STATE 38 - cluster.pml:72 - [D_STEP72]
		if (!(boq == -1 && ( can_elect_ahead(0, 2) )))
			continue;

		reached[0][38] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_034_0: /* 2 */
		if (!(( can_elect_ahead(0, 2) )))
			Uerror("block in d_step seq");
S_035_0: /* 2 */
		/* c_code20 */
		{  do_elect_ahead(0, 2); check("elect_ahead", 0, 2);  }
;
S_036_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 13: // STATE 42 - cluster.pml:72 - [D_STEP72]
		if (!(boq == -1 && ( can_elect_ahead(1, 0) )))
			continue;

		reached[0][42] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_038_0: /* 2 */
		if (!(( can_elect_ahead(1, 0) )))
			Uerror("block in d_step seq");
S_039_0: /* 2 */
		/* c_code22 */
		{  do_elect_ahead(1, 0); check("elect_ahead", 1, 0);  }
;
S_040_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 14: // STATE 46 - cluster.pml:72 - [D_STEP72]
		if (!(boq == -1 && ( can_elect_ahead(1, 2) )))
			continue;

		reached[0][46] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_042_0: /* 2 */
		if (!(( can_elect_ahead(1, 2) )))
			Uerror("block in d_step seq");
S_043_0: /* 2 */
		/* c_code24 */
		{  do_elect_ahead(1, 2); check("elect_ahead", 1, 2);  }
;
S_044_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 15: // STATE 50 - cluster.pml:72 - [D_STEP72]
		if (!(boq == -1 && ( can_elect_ahead(2, 0) )))
			continue;

		reached[0][50] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_046_0: /* 2 */
		if (!(( can_elect_ahead(2, 0) )))
			Uerror("block in d_step seq");
S_047_0: /* 2 */
		/* c_code26 */
		{  do_elect_ahead(2, 0); check("elect_ahead", 2, 0);  }
;
S_048_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 16: // STATE 54 - cluster.pml:72 - [D_STEP72]
		if (!(boq == -1 && ( can_elect_ahead(2, 1) )))
			continue;

		reached[0][54] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_050_0: /* 2 */
		if (!(( can_elect_ahead(2, 1) )))
			Uerror("block in d_step seq");
S_051_0: /* 2 */
		/* c_code28 */
		{  do_elect_ahead(2, 1); check("elect_ahead", 2, 1);  }
;
S_052_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 17: // STATE 58 - cluster.pml:73 - [D_STEP73]
		if (!(boq == -1 && ( can_append(0, 1) )))
			continue;

		reached[0][58] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_054_0: /* 2 */
		if (!(( can_append(0, 1) )))
			Uerror("block in d_step seq");
S_055_0: /* 2 */
		/* c_code30 */
		{  do_append(0, 1); check("append", 0, 1);  }
;
S_056_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 18: // STATE 62 - cluster.pml:73 - [D_STEP73]
		if (!(boq == -1 && ( can_append(0, 2) )))
			continue;

		reached[0][62] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_058_0: /* 2 */
		if (!(( can_append(0, 2) )))
			Uerror("block in d_step seq");
S_059_0: /* 2 */
		/* c_code32 */
		{  do_append(0, 2); check("append", 0, 2);  }
;
S_060_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 19: // STATE 66 - cluster.pml:73 - [D_STEP73]
		if (!(boq == -1 && ( can_append(1, 0) )))
			continue;

		reached[0][66] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_062_0: /* 2 */
		if (!(( can_append(1, 0) )))
			Uerror("block in d_step seq");
S_063_0: /* 2 */
		/* c_code34 */
		{  do_append(1, 0); check("append", 1, 0);  }
;
S_064_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 20: // STATE 70 - cluster.pml:73 - [D_STEP73]
		if (!(boq == -1 && ( can_append(1, 2) )))
			continue;

		reached[0][70] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_066_0: /* 2 */
		if (!(( can_append(1, 2) )))
			Uerror("block in d_step seq");
S_067_0: /* 2 */
		/* c_code36 */
		{  do_append(1, 2); check("append", 1, 2);  }
;
S_068_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 21: // STATE 74 - cluster.pml:73 - [D_STEP73]
		if (!(boq == -1 && ( can_append(2, 0) )))
			continue;

		reached[0][74] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_070_0: /* 2 */
		if (!(( can_append(2, 0) )))
			Uerror("block in d_step seq");
S_071_0: /* 2 */
		/* c_code38 */
		{  do_append(2, 0); check("append", 2, 0);  }
;
S_072_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 22: // STATE 78 - cluster.pml:73 - [D_STEP73]
		if (!(boq == -1 && ( can_append(2, 1) )))
			continue;

		reached[0][78] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_074_0: /* 2 */
		if (!(( can_append(2, 1) )))
			Uerror("block in d_step seq");
S_075_0: /* 2 */
		/* c_code40 */
		{  do_append(2, 1); check("append", 2, 1);  }
;
S_076_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 23: // STATE 82 - cluster.pml:74 - [D_STEP74]
		if (!(boq == -1 && ( can_commit(0) )))
			continue;

		reached[0][82] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_078_0: /* 2 */
		if (!(( can_commit(0) )))
			Uerror("block in d_step seq");
S_079_0: /* 2 */
		/* c_code42 */
		{  do_commit(0); check("commit", 0, 9);  }
;
S_080_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 24: // STATE 86 - cluster.pml:74 - [D_STEP74]
		if (!(boq == -1 && ( can_commit(1) )))
			continue;

		reached[0][86] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_082_0: /* 2 */
		if (!(( can_commit(1) )))
			Uerror("block in d_step seq");
S_083_0: /* 2 */
		/* c_code44 */
		{  do_commit(1); check("commit", 1, 9);  }
;
S_084_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 25: // STATE 90 - cluster.pml:74 - [D_STEP74]
		if (!(boq == -1 && ( can_commit(2) )))
			continue;

		reached[0][90] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_086_0: /* 2 */
		if (!(( can_commit(2) )))
			Uerror("block in d_step seq");
S_087_0: /* 2 */
		/* c_code46 */
		{  do_commit(2); check("commit", 2, 9);  }
;
S_088_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 26: // STATE 94 - cluster.pml:75 - [D_STEP75]
		if (!(boq == -1 && ( can_propose_down(0, 1) )))
			continue;

		reached[0][94] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_090_0: /* 2 */
		if (!(( can_propose_down(0, 1) )))
			Uerror("block in d_step seq");
S_091_0: /* 2 */
		/* c_code48 */
		{  do_propose_down(0, 1); check("propose_down", 0, 1);  }
;
S_092_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 27: // STATE 98 - cluster.pml:75 - [D_STEP75]
		if (!(boq == -1 && ( can_propose_down(0, 2) )))
			continue;

		reached[0][98] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_094_0: /* 2 */
		if (!(( can_propose_down(0, 2) )))
			Uerror("block in d_step seq");
S_095_0: /* 2 */
		/* c_code50 */
		{  do_propose_down(0, 2); check("propose_down", 0, 2);  }
;
S_096_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 28: // STATE 102 - cluster.pml:75 - [D_STEP75]
		if (!(boq == -1 && ( can_propose_down(1, 0) )))
			continue;

		reached[0][102] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_098_0: /* 2 */
		if (!(( can_propose_down(1, 0) )))
			Uerror("block in d_step seq");
S_099_0: /* 2 */
		/* c_code52 */
		{  do_propose_down(1, 0); check("propose_down", 1, 0);  }
;
S_100_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 29: // STATE 106 - cluster.pml:75 - [D_STEP75]
		if (!(boq == -1 && ( can_propose_down(1, 2) )))
			continue;

		reached[0][106] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_102_0: /* 2 */
		if (!(( can_propose_down(1, 2) )))
			Uerror("block in d_step seq");
S_103_0: /* 2 */
		/* c_code54 */
		{  do_propose_down(1, 2); check("propose_down", 1, 2);  }
;
S_104_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 30: // STATE 110 - cluster.pml:75 - [D_STEP75]
		if (!(boq == -1 && ( can_propose_down(2, 0) )))
			continue;

		reached[0][110] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_106_0: /* 2 */
		if (!(( can_propose_down(2, 0) )))
			Uerror("block in d_step seq");
S_107_0: /* 2 */
		/* c_code56 */
		{  do_propose_down(2, 0); check("propose_down", 2, 0);  }
;
S_108_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 31: // STATE 114 - cluster.pml:75 - [D_STEP75]
		if (!(boq == -1 && ( can_propose_down(2, 1) )))
			continue;

		reached[0][114] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_110_0: /* 2 */
		if (!(( can_propose_down(2, 1) )))
			Uerror("block in d_step seq");
S_111_0: /* 2 */
		/* c_code58 */
		{  do_propose_down(2, 1); check("propose_down", 2, 1);  }
;
S_112_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 32: // STATE 118 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(0, 1) )))
			continue;

		reached[0][118] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_114_0: /* 2 */
		if (!(( can_propose_give(0, 1) )))
			Uerror("block in d_step seq");
S_115_0: /* 2 */
		/* c_code60 */
		{  do_propose_give(0, 1); check("propose_give", 0, 1);  }
;
S_116_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 33: // STATE 122 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(0, 2) )))
			continue;

		reached[0][122] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_118_0: /* 2 */
		if (!(( can_propose_give(0, 2) )))
			Uerror("block in d_step seq");
S_119_0: /* 2 */
		/* c_code62 */
		{  do_propose_give(0, 2); check("propose_give", 0, 2);  }
;
S_120_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 34: // STATE 126 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(1, 0) )))
			continue;

		reached[0][126] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_122_0: /* 2 */
		if (!(( can_propose_give(1, 0) )))
			Uerror("block in d_step seq");
S_123_0: /* 2 */
		/* c_code64 */
		{  do_propose_give(1, 0); check("propose_give", 1, 0);  }
;
S_124_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 35: // STATE 130 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(1, 2) )))
			continue;

		reached[0][130] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_126_0: /* 2 */
		if (!(( can_propose_give(1, 2) )))
			Uerror("block in d_step seq");
S_127_0: /* 2 */
		/* c_code66 */
		{  do_propose_give(1, 2); check("propose_give", 1, 2);  }
;
S_128_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 36: // STATE 134 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(2, 0) )))
			continue;

		reached[0][134] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_130_0: /* 2 */
		if (!(( can_propose_give(2, 0) )))
			Uerror("block in d_step seq");
S_131_0: /* 2 */
		/* c_code68 */
		{  do_propose_give(2, 0); check("propose_give", 2, 0);  }
;
S_132_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 37: // STATE 138 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(2, 1) )))
			continue;

		reached[0][138] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_134_0: /* 2 */
		if (!(( can_propose_give(2, 1) )))
			Uerror("block in d_step seq");
S_135_0: /* 2 */
		/* c_code70 */
		{  do_propose_give(2, 1); check("propose_give", 2, 1);  }
;
S_136_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 38: // STATE 142 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(0, 0) )))
			continue;

		reached[0][142] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_138_0: /* 2 */
		if (!(( can_propose_give(0, 0) )))
			Uerror("block in d_step seq");
S_139_0: /* 2 */
		/* c_code72 */
		{  do_propose_give(0, 0); check("propose_give", 0, 0);  }
;
S_140_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 39: // STATE 146 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(1, 1) )))
			continue;

		reached[0][146] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_142_0: /* 2 */
		if (!(( can_propose_give(1, 1) )))
			Uerror("block in d_step seq");
S_143_0: /* 2 */
		/* c_code74 */
		{  do_propose_give(1, 1); check("propose_give", 1, 1);  }
;
S_144_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 40: // STATE 150 - cluster.pml:76 - [D_STEP76]
		if (!(boq == -1 && ( can_propose_give(2, 2) )))
			continue;

		reached[0][150] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_146_0: /* 2 */
		if (!(( can_propose_give(2, 2) )))
			Uerror("block in d_step seq");
S_147_0: /* 2 */
		/* c_code76 */
		{  do_propose_give(2, 2); check("propose_give", 2, 2);  }
;
S_148_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 41: // STATE 154 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(0, 1) )))
			continue;

		reached[0][154] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_150_0: /* 2 */
		if (!(( can_propose_up(0, 1) )))
			Uerror("block in d_step seq");
S_151_0: /* 2 */
		/* c_code78 */
		{  do_propose_up(0, 1); check("propose_up", 0, 1);  }
;
S_152_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 42: // STATE 158 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(0, 2) )))
			continue;

		reached[0][158] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_154_0: /* 2 */
		if (!(( can_propose_up(0, 2) )))
			Uerror("block in d_step seq");
S_155_0: /* 2 */
		/* c_code80 */
		{  do_propose_up(0, 2); check("propose_up", 0, 2);  }
;
S_156_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 43: // STATE 162 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(1, 0) )))
			continue;

		reached[0][162] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_158_0: /* 2 */
		if (!(( can_propose_up(1, 0) )))
			Uerror("block in d_step seq");
S_159_0: /* 2 */
		/* c_code82 */
		{  do_propose_up(1, 0); check("propose_up", 1, 0);  }
;
S_160_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 44: // STATE 166 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(1, 2) )))
			continue;

		reached[0][166] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_162_0: /* 2 */
		if (!(( can_propose_up(1, 2) )))
			Uerror("block in d_step seq");
S_163_0: /* 2 */
		/* c_code84 */
		{  do_propose_up(1, 2); check("propose_up", 1, 2);  }
;
S_164_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 45: // STATE 170 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(2, 0) )))
			continue;

		reached[0][170] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_166_0: /* 2 */
		if (!(( can_propose_up(2, 0) )))
			Uerror("block in d_step seq");
S_167_0: /* 2 */
		/* c_code86 */
		{  do_propose_up(2, 0); check("propose_up", 2, 0);  }
;
S_168_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 46: // STATE 174 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(2, 1) )))
			continue;

		reached[0][174] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_170_0: /* 2 */
		if (!(( can_propose_up(2, 1) )))
			Uerror("block in d_step seq");
S_171_0: /* 2 */
		/* c_code88 */
		{  do_propose_up(2, 1); check("propose_up", 2, 1);  }
;
S_172_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 47: // STATE 178 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(0, 0) )))
			continue;

		reached[0][178] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_174_0: /* 2 */
		if (!(( can_propose_up(0, 0) )))
			Uerror("block in d_step seq");
S_175_0: /* 2 */
		/* c_code90 */
		{  do_propose_up(0, 0); check("propose_up", 0, 0);  }
;
S_176_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 48: // STATE 182 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(1, 1) )))
			continue;

		reached[0][182] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_178_0: /* 2 */
		if (!(( can_propose_up(1, 1) )))
			Uerror("block in d_step seq");
S_179_0: /* 2 */
		/* c_code92 */
		{  do_propose_up(1, 1); check("propose_up", 1, 1);  }
;
S_180_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 49: // STATE 186 - cluster.pml:77 - [D_STEP77]
		if (!(boq == -1 && ( can_propose_up(2, 2) )))
			continue;

		reached[0][186] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_182_0: /* 2 */
		if (!(( can_propose_up(2, 2) )))
			Uerror("block in d_step seq");
S_183_0: /* 2 */
		/* c_code94 */
		{  do_propose_up(2, 2); check("propose_up", 2, 2);  }
;
S_184_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 50: // STATE 190 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(0, 1) )))
			continue;

		reached[0][190] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_186_0: /* 2 */
		if (!(( can_propose_old_up(0, 1) )))
			Uerror("block in d_step seq");
S_187_0: /* 2 */
		/* c_code96 */
		{  do_propose_old_up(0, 1); check("propose_old_up", 0, 1);  }
;
S_188_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 51: // STATE 194 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(0, 2) )))
			continue;

		reached[0][194] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_190_0: /* 2 */
		if (!(( can_propose_old_up(0, 2) )))
			Uerror("block in d_step seq");
S_191_0: /* 2 */
		/* c_code98 */
		{  do_propose_old_up(0, 2); check("propose_old_up", 0, 2);  }
;
S_192_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 52: // STATE 198 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(1, 0) )))
			continue;

		reached[0][198] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_194_0: /* 2 */
		if (!(( can_propose_old_up(1, 0) )))
			Uerror("block in d_step seq");
S_195_0: /* 2 */
		/* c_code100 */
		{  do_propose_old_up(1, 0); check("propose_old_up", 1, 0);  }
;
S_196_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 53: // STATE 202 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(1, 2) )))
			continue;

		reached[0][202] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_198_0: /* 2 */
		if (!(( can_propose_old_up(1, 2) )))
			Uerror("block in d_step seq");
S_199_0: /* 2 */
		/* c_code102 */
		{  do_propose_old_up(1, 2); check("propose_old_up", 1, 2);  }
;
S_200_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 54: // STATE 206 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(2, 0) )))
			continue;

		reached[0][206] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_202_0: /* 2 */
		if (!(( can_propose_old_up(2, 0) )))
			Uerror("block in d_step seq");
S_203_0: /* 2 */
		/* c_code104 */
		{  do_propose_old_up(2, 0); check("propose_old_up", 2, 0);  }
;
S_204_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 55: // STATE 210 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(2, 1) )))
			continue;

		reached[0][210] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_206_0: /* 2 */
		if (!(( can_propose_old_up(2, 1) )))
			Uerror("block in d_step seq");
S_207_0: /* 2 */
		/* c_code106 */
		{  do_propose_old_up(2, 1); check("propose_old_up", 2, 1);  }
;
S_208_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 56: // STATE 214 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(0, 0) )))
			continue;

		reached[0][214] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_210_0: /* 2 */
		if (!(( can_propose_old_up(0, 0) )))
			Uerror("block in d_step seq");
S_211_0: /* 2 */
		/* c_code108 */
		{  do_propose_old_up(0, 0); check("propose_old_up", 0, 0);  }
;
S_212_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 57: // STATE 218 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(1, 1) )))
			continue;

		reached[0][218] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_214_0: /* 2 */
		if (!(( can_propose_old_up(1, 1) )))
			Uerror("block in d_step seq");
S_215_0: /* 2 */
		/* c_code110 */
		{  do_propose_old_up(1, 1); check("propose_old_up", 1, 1);  }
;
S_216_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 58: // STATE 222 - cluster.pml:78 - [D_STEP78]
		if (!(boq == -1 && ( can_propose_old_up(2, 2) )))
			continue;

		reached[0][222] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_218_0: /* 2 */
		if (!(( can_propose_old_up(2, 2) )))
			Uerror("block in d_step seq");
S_219_0: /* 2 */
		/* c_code112 */
		{  do_propose_old_up(2, 2); check("propose_old_up", 2, 2);  }
;
S_220_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 59: // STATE 226 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(0, 1) )))
			continue;

		reached[0][226] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_222_0: /* 2 */
		if (!(( can_propose_release(0, 1) )))
			Uerror("block in d_step seq");
S_223_0: /* 2 */
		/* c_code114 */
		{  do_propose_release(0, 1); check("propose_release", 0, 1);  }
;
S_224_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 60: // STATE 230 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(0, 2) )))
			continue;

		reached[0][230] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_226_0: /* 2 */
		if (!(( can_propose_release(0, 2) )))
			Uerror("block in d_step seq");
S_227_0: /* 2 */
		/* c_code116 */
		{  do_propose_release(0, 2); check("propose_release", 0, 2);  }
;
S_228_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 61: // STATE 234 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(1, 0) )))
			continue;

		reached[0][234] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_230_0: /* 2 */
		if (!(( can_propose_release(1, 0) )))
			Uerror("block in d_step seq");
S_231_0: /* 2 */
		/* c_code118 */
		{  do_propose_release(1, 0); check("propose_release", 1, 0);  }
;
S_232_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 62: // STATE 238 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(1, 2) )))
			continue;

		reached[0][238] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_234_0: /* 2 */
		if (!(( can_propose_release(1, 2) )))
			Uerror("block in d_step seq");
S_235_0: /* 2 */
		/* c_code120 */
		{  do_propose_release(1, 2); check("propose_release", 1, 2);  }
;
S_236_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 63: // STATE 242 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(2, 0) )))
			continue;

		reached[0][242] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_238_0: /* 2 */
		if (!(( can_propose_release(2, 0) )))
			Uerror("block in d_step seq");
S_239_0: /* 2 */
		/* c_code122 */
		{  do_propose_release(2, 0); check("propose_release", 2, 0);  }
;
S_240_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 64: // STATE 246 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(2, 1) )))
			continue;

		reached[0][246] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_242_0: /* 2 */
		if (!(( can_propose_release(2, 1) )))
			Uerror("block in d_step seq");
S_243_0: /* 2 */
		/* c_code124 */
		{  do_propose_release(2, 1); check("propose_release", 2, 1);  }
;
S_244_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 65: // STATE 250 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(0, 0) )))
			continue;

		reached[0][250] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_246_0: /* 2 */
		if (!(( can_propose_release(0, 0) )))
			Uerror("block in d_step seq");
S_247_0: /* 2 */
		/* c_code126 */
		{  do_propose_release(0, 0); check("propose_release", 0, 0);  }
;
S_248_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 66: // STATE 254 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(1, 1) )))
			continue;

		reached[0][254] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_250_0: /* 2 */
		if (!(( can_propose_release(1, 1) )))
			Uerror("block in d_step seq");
S_251_0: /* 2 */
		/* c_code128 */
		{  do_propose_release(1, 1); check("propose_release", 1, 1);  }
;
S_252_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 67: // STATE 258 - cluster.pml:79 - [D_STEP79]
		if (!(boq == -1 && ( can_propose_release(2, 2) )))
			continue;

		reached[0][258] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_254_0: /* 2 */
		if (!(( can_propose_release(2, 2) )))
			Uerror("block in d_step seq");
S_255_0: /* 2 */
		/* c_code130 */
		{  do_propose_release(2, 2); check("propose_release", 2, 2);  }
;
S_256_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 68: // STATE 262 - cluster.pml:80 - [D_STEP80]
		if (!(boq == -1 && ( can_propose_nothing(0) )))
			continue;

		reached[0][262] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_258_0: /* 2 */
		if (!(( can_propose_nothing(0) )))
			Uerror("block in d_step seq");
S_259_0: /* 2 */
		/* c_code132 */
		{  do_propose_nothing(0); check("propose_nothing", 0, 9);  }
;
S_260_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 69: // STATE 266 - cluster.pml:80 - [D_STEP80]
		if (!(boq == -1 && ( can_propose_nothing(1) )))
			continue;

		reached[0][266] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_262_0: /* 2 */
		if (!(( can_propose_nothing(1) )))
			Uerror("block in d_step seq");
S_263_0: /* 2 */
		/* c_code134 */
		{  do_propose_nothing(1); check("propose_nothing", 1, 9);  }
;
S_264_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 70: // STATE 270 - cluster.pml:80 - [D_STEP80]
		if (!(boq == -1 && ( can_propose_nothing(2) )))
			continue;

		reached[0][270] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_266_0: /* 2 */
		if (!(( can_propose_nothing(2) )))
			Uerror("block in d_step seq");
S_267_0: /* 2 */
		/* c_code136 */
		{  do_propose_nothing(2); check("propose_nothing", 2, 9);  }
;
S_268_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 71: // STATE 274 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(0, 1) )))
			continue;

		reached[0][274] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_270_0: /* 2 */
		if (!(( can_note(0, 1) )))
			Uerror("block in d_step seq");
S_271_0: /* 2 */
		/* c_code138 */
		{  do_note(0, 1); check("note", 0, 1);  }
;
S_272_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 72: // STATE 278 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(0, 2) )))
			continue;

		reached[0][278] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_274_0: /* 2 */
		if (!(( can_note(0, 2) )))
			Uerror("block in d_step seq");
S_275_0: /* 2 */
		/* c_code140 */
		{  do_note(0, 2); check("note", 0, 2);  }
;
S_276_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 73: // STATE 282 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(1, 0) )))
			continue;

		reached[0][282] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_278_0: /* 2 */
		if (!(( can_note(1, 0) )))
			Uerror("block in d_step seq");
S_279_0: /* 2 */
		/* c_code142 */
		{  do_note(1, 0); check("note", 1, 0);  }
;
S_280_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 74: // STATE 286 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(1, 2) )))
			continue;

		reached[0][286] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_282_0: /* 2 */
		if (!(( can_note(1, 2) )))
			Uerror("block in d_step seq");
S_283_0: /* 2 */
		/* c_code144 */
		{  do_note(1, 2); check("note", 1, 2);  }
;
S_284_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 75: // STATE 290 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(2, 0) )))
			continue;

		reached[0][290] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_286_0: /* 2 */
		if (!(( can_note(2, 0) )))
			Uerror("block in d_step seq");
S_287_0: /* 2 */
		/* c_code146 */
		{  do_note(2, 0); check("note", 2, 0);  }
;
S_288_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 76: // STATE 294 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(2, 1) )))
			continue;

		reached[0][294] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_290_0: /* 2 */
		if (!(( can_note(2, 1) )))
			Uerror("block in d_step seq");
S_291_0: /* 2 */
		/* c_code148 */
		{  do_note(2, 1); check("note", 2, 1);  }
;
S_292_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 77: // STATE 298 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(0, 0) )))
			continue;

		reached[0][298] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_294_0: /* 2 */
		if (!(( can_note(0, 0) )))
			Uerror("block in d_step seq");
S_295_0: /* 2 */
		/* c_code150 */
		{  do_note(0, 0); check("note", 0, 0);  }
;
S_296_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 78: // STATE 302 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(1, 1) )))
			continue;

		reached[0][302] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_298_0: /* 2 */
		if (!(( can_note(1, 1) )))
			Uerror("block in d_step seq");
S_299_0: /* 2 */
		/* c_code152 */
		{  do_note(1, 1); check("note", 1, 1);  }
;
S_300_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 79: // STATE 306 - cluster.pml:81 - [D_STEP81]
		if (!(boq == -1 && ( can_note(2, 2) )))
			continue;

		reached[0][306] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_302_0: /* 2 */
		if (!(( can_note(2, 2) )))
			Uerror("block in d_step seq");
S_303_0: /* 2 */
		/* c_code154 */
		{  do_note(2, 2); check("note", 2, 2);  }
;
S_304_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 80: // STATE 310 - cluster.pml:82 - [D_STEP82]
		if (!(boq == -1 && ( can_renew(0, 1) )))
			continue;

		reached[0][310] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_306_0: /* 2 */
		if (!(( can_renew(0, 1) )))
			Uerror("block in d_step seq");
S_307_0: /* 2 */
		/* c_code156 */
		{  do_renew(0, 1); check("renew", 0, 1);  }
;
S_308_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 81: // STATE 314 - cluster.pml:82 - [D_STEP82]
		if (!(boq == -1 && ( can_renew(0, 2) )))
			continue;

		reached[0][314] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_310_0: /* 2 */
		if (!(( can_renew(0, 2) )))
			Uerror("block in d_step seq");
S_311_0: /* 2 */
		/* c_code158 */
		{  do_renew(0, 2); check("renew", 0, 2);  }
;
S_312_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 82: // STATE 318 - cluster.pml:82 - [D_STEP82]
		if (!(boq == -1 && ( can_renew(1, 0) )))
			continue;

		reached[0][318] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_314_0: /* 2 */
		if (!(( can_renew(1, 0) )))
			Uerror("block in d_step seq");
S_315_0: /* 2 */
		/* c_code160 */
		{  do_renew(1, 0); check("renew", 1, 0);  }
;
S_316_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 83: // STATE 322 - cluster.pml:82 - [D_STEP82]
		if (!(boq == -1 && ( can_renew(1, 2) )))
			continue;

		reached[0][322] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_318_0: /* 2 */
		if (!(( can_renew(1, 2) )))
			Uerror("block in d_step seq");
S_319_0: /* 2 */
		/* c_code162 */
		{  do_renew(1, 2); check("renew", 1, 2);  }
;
S_320_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 84: // STATE 326 - cluster.pml:82 - [D_STEP82]
		if (!(boq == -1 && ( can_renew(2, 0) )))
			continue;

		reached[0][326] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_322_0: /* 2 */
		if (!(( can_renew(2, 0) )))
			Uerror("block in d_step seq");
S_323_0: /* 2 */
		/* c_code164 */
		{  do_renew(2, 0); check("renew", 2, 0);  }
;
S_324_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 85: // STATE 330 - cluster.pml:82 - [D_STEP82]
		if (!(boq == -1 && ( can_renew(2, 1) )))
			continue;

		reached[0][330] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_326_0: /* 2 */
		if (!(( can_renew(2, 1) )))
			Uerror("block in d_step seq");
S_327_0: /* 2 */
		/* c_code166 */
		{  do_renew(2, 1); check("renew", 2, 1);  }
;
S_328_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 86: // STATE 334 - cluster.pml:83 - [D_STEP83]
		if (!(boq == -1 && ( can_beat(0) )))
			continue;

		reached[0][334] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_330_0: /* 2 */
		if (!(( can_beat(0) )))
			Uerror("block in d_step seq");
S_331_0: /* 2 */
		/* c_code168 */
		{  do_beat(0); check("beat", 0, 9);  }
;
S_332_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 87: // STATE 338 - cluster.pml:83 - [D_STEP83]
		if (!(boq == -1 && ( can_beat(1) )))
			continue;

		reached[0][338] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_334_0: /* 2 */
		if (!(( can_beat(1) )))
			Uerror("block in d_step seq");
S_335_0: /* 2 */
		/* c_code170 */
		{  do_beat(1); check("beat", 1, 9);  }
;
S_336_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 88: // STATE 342 - cluster.pml:83 - [D_STEP83]
		if (!(boq == -1 && ( can_beat(2) )))
			continue;

		reached[0][342] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_338_0: /* 2 */
		if (!(( can_beat(2) )))
			Uerror("block in d_step seq");
S_339_0: /* 2 */
		/* c_code172 */
		{  do_beat(2); check("beat", 2, 9);  }
;
S_340_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 89: // STATE 346 - cluster.pml:84 - [D_STEP84]
		if (!(boq == -1 && ( can_answer(0, 1) )))
			continue;

		reached[0][346] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_342_0: /* 2 */
		if (!(( can_answer(0, 1) )))
			Uerror("block in d_step seq");
S_343_0: /* 2 */
		/* c_code174 */
		{  do_answer(0, 1); check("answer", 0, 1);  }
;
S_344_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 90: // STATE 350 - cluster.pml:84 - [D_STEP84]
		if (!(boq == -1 && ( can_answer(0, 2) )))
			continue;

		reached[0][350] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_346_0: /* 2 */
		if (!(( can_answer(0, 2) )))
			Uerror("block in d_step seq");
S_347_0: /* 2 */
		/* c_code176 */
		{  do_answer(0, 2); check("answer", 0, 2);  }
;
S_348_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 91: // STATE 354 - cluster.pml:84 - [D_STEP84]
		if (!(boq == -1 && ( can_answer(1, 0) )))
			continue;

		reached[0][354] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_350_0: /* 2 */
		if (!(( can_answer(1, 0) )))
			Uerror("block in d_step seq");
S_351_0: /* 2 */
		/* c_code178 */
		{  do_answer(1, 0); check("answer", 1, 0);  }
;
S_352_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 92: // STATE 358 - cluster.pml:84 - [D_STEP84]
		if (!(boq == -1 && ( can_answer(1, 2) )))
			continue;

		reached[0][358] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_354_0: /* 2 */
		if (!(( can_answer(1, 2) )))
			Uerror("block in d_step seq");
S_355_0: /* 2 */
		/* c_code180 */
		{  do_answer(1, 2); check("answer", 1, 2);  }
;
S_356_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 93: // STATE 362 - cluster.pml:84 - [D_STEP84]
		if (!(boq == -1 && ( can_answer(2, 0) )))
			continue;

		reached[0][362] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_358_0: /* 2 */
		if (!(( can_answer(2, 0) )))
			Uerror("block in d_step seq");
S_359_0: /* 2 */
		/* c_code182 */
		{  do_answer(2, 0); check("answer", 2, 0);  }
;
S_360_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 94: // STATE 366 - cluster.pml:84 - [D_STEP84]
		if (!(boq == -1 && ( can_answer(2, 1) )))
			continue;

		reached[0][366] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_362_0: /* 2 */
		if (!(( can_answer(2, 1) )))
			Uerror("block in d_step seq");
S_363_0: /* 2 */
		/* c_code184 */
		{  do_answer(2, 1); check("answer", 2, 1);  }
;
S_364_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 95: // STATE 370 - cluster.pml:85 - [D_STEP85]
		if (!(boq == -1 && ( can_receive(0, 1) )))
			continue;

		reached[0][370] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_366_0: /* 2 */
		if (!(( can_receive(0, 1) )))
			Uerror("block in d_step seq");
S_367_0: /* 2 */
		/* c_code186 */
		{  do_receive(0, 1); check("receive", 0, 1);  }
;
S_368_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 96: // STATE 374 - cluster.pml:85 - [D_STEP85]
		if (!(boq == -1 && ( can_receive(0, 2) )))
			continue;

		reached[0][374] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_370_0: /* 2 */
		if (!(( can_receive(0, 2) )))
			Uerror("block in d_step seq");
S_371_0: /* 2 */
		/* c_code188 */
		{  do_receive(0, 2); check("receive", 0, 2);  }
;
S_372_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 97: // STATE 378 - cluster.pml:85 - [D_STEP85]
		if (!(boq == -1 && ( can_receive(1, 0) )))
			continue;

		reached[0][378] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_374_0: /* 2 */
		if (!(( can_receive(1, 0) )))
			Uerror("block in d_step seq");
S_375_0: /* 2 */
		/* c_code190 */
		{  do_receive(1, 0); check("receive", 1, 0);  }
;
S_376_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 98: // STATE 382 - cluster.pml:85 - [D_STEP85]
		if (!(boq == -1 && ( can_receive(1, 2) )))
			continue;

		reached[0][382] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_378_0: /* 2 */
		if (!(( can_receive(1, 2) )))
			Uerror("block in d_step seq");
S_379_0: /* 2 */
		/* c_code192 */
		{  do_receive(1, 2); check("receive", 1, 2);  }
;
S_380_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 99: // STATE 386 - cluster.pml:85 - [D_STEP85]
		if (!(boq == -1 && ( can_receive(2, 0) )))
			continue;

		reached[0][386] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_382_0: /* 2 */
		if (!(( can_receive(2, 0) )))
			Uerror("block in d_step seq");
S_383_0: /* 2 */
		/* c_code194 */
		{  do_receive(2, 0); check("receive", 2, 0);  }
;
S_384_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 100: // STATE 390 - cluster.pml:85 - [D_STEP85]
		if (!(boq == -1 && ( can_receive(2, 1) )))
			continue;

		reached[0][390] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_386_0: /* 2 */
		if (!(( can_receive(2, 1) )))
			Uerror("block in d_step seq");
S_387_0: /* 2 */
		/* c_code196 */
		{  do_receive(2, 1); check("receive", 2, 1);  }
;
S_388_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 101: // STATE 394 - cluster.pml:86 - [D_STEP86]
		if (!(boq == -1 && ( can_decide(0) )))
			continue;

		reached[0][394] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_390_0: /* 2 */
		if (!(( can_decide(0) )))
			Uerror("block in d_step seq");
S_391_0: /* 2 */
		/* c_code198 */
		{  do_decide(0); check("decide", 0, 9);  }
;
S_392_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 102: // STATE 398 - cluster.pml:86 - [D_STEP86]
		if (!(boq == -1 && ( can_decide(1) )))
			continue;

		reached[0][398] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_394_0: /* 2 */
		if (!(( can_decide(1) )))
			Uerror("block in d_step seq");
S_395_0: /* 2 */
		/* c_code200 */
		{  do_decide(1); check("decide", 1, 9);  }
;
S_396_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 103: // STATE 402 - cluster.pml:86 - [D_STEP86]
		if (!(boq == -1 && ( can_decide(2) )))
			continue;

		reached[0][402] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_398_0: /* 2 */
		if (!(( can_decide(2) )))
			Uerror("block in d_step seq");
S_399_0: /* 2 */
		/* c_code202 */
		{  do_decide(2); check("decide", 2, 9);  }
;
S_400_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 104: // STATE 406 - cluster.pml:87 - [D_STEP87]
		if (!(boq == -1 && ( can_start(0) )))
			continue;

		reached[0][406] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_402_0: /* 2 */
		if (!(( can_start(0) )))
			Uerror("block in d_step seq");
S_403_0: /* 2 */
		/* c_code204 */
		{  do_start(0); check("start", 0, 9);  }
;
S_404_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 105: // STATE 410 - cluster.pml:87 - [D_STEP87]
		if (!(boq == -1 && ( can_start(1) )))
			continue;

		reached[0][410] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_406_0: /* 2 */
		if (!(( can_start(1) )))
			Uerror("block in d_step seq");
S_407_0: /* 2 */
		/* c_code206 */
		{  do_start(1); check("start", 1, 9);  }
;
S_408_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 106: // STATE 414 - cluster.pml:87 - [D_STEP87]
		if (!(boq == -1 && ( can_start(2) )))
			continue;

		reached[0][414] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_410_0: /* 2 */
		if (!(( can_start(2) )))
			Uerror("block in d_step seq");
S_411_0: /* 2 */
		/* c_code208 */
		{  do_start(2); check("start", 2, 9);  }
;
S_412_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 107: // STATE 418 - cluster.pml:88 - [D_STEP88]
		if (!(boq == -1 && ( can_adopt(0) )))
			continue;

		reached[0][418] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_414_0: /* 2 */
		if (!(( can_adopt(0) )))
			Uerror("block in d_step seq");
S_415_0: /* 2 */
		/* c_code210 */
		{  do_adopt(0); check("adopt", 0, 9);  }
;
S_416_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 108: // STATE 422 - cluster.pml:88 - [D_STEP88]
		if (!(boq == -1 && ( can_adopt(1) )))
			continue;

		reached[0][422] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_418_0: /* 2 */
		if (!(( can_adopt(1) )))
			Uerror("block in d_step seq");
S_419_0: /* 2 */
		/* c_code212 */
		{  do_adopt(1); check("adopt", 1, 9);  }
;
S_420_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 109: // STATE 426 - cluster.pml:88 - [D_STEP88]
		if (!(boq == -1 && ( can_adopt(2) )))
			continue;

		reached[0][426] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_422_0: /* 2 */
		if (!(( can_adopt(2) )))
			Uerror("block in d_step seq");
S_423_0: /* 2 */
		/* c_code214 */
		{  do_adopt(2); check("adopt", 2, 9);  }
;
S_424_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 110: // STATE 430 - cluster.pml:89 - [D_STEP89]
		if (!(boq == -1 && ( can_bounce(0) )))
			continue;

		reached[0][430] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_426_0: /* 2 */
		if (!(( can_bounce(0) )))
			Uerror("block in d_step seq");
S_427_0: /* 2 */
		/* c_code216 */
		{  do_bounce(0); check("bounce", 0, 9);  }
;
S_428_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 111: // STATE 434 - cluster.pml:89 - [D_STEP89]
		if (!(boq == -1 && ( can_bounce(1) )))
			continue;

		reached[0][434] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_430_0: /* 2 */
		if (!(( can_bounce(1) )))
			Uerror("block in d_step seq");
S_431_0: /* 2 */
		/* c_code218 */
		{  do_bounce(1); check("bounce", 1, 9);  }
;
S_432_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 112: // STATE 438 - cluster.pml:89 - [D_STEP89]
		if (!(boq == -1 && ( can_bounce(2) )))
			continue;

		reached[0][438] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_434_0: /* 2 */
		if (!(( can_bounce(2) )))
			Uerror("block in d_step seq");
S_435_0: /* 2 */
		/* c_code220 */
		{  do_bounce(2); check("bounce", 2, 9);  }
;
S_436_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 113: // STATE 442 - cluster.pml:90 - [D_STEP90]
		if (!(boq == -1 && ( can_release(0) )))
			continue;

		reached[0][442] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_438_0: /* 2 */
		if (!(( can_release(0) )))
			Uerror("block in d_step seq");
S_439_0: /* 2 */
		/* c_code222 */
		{  do_release(0); check("release", 0, 9);  }
;
S_440_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 114: // STATE 446 - cluster.pml:90 - [D_STEP90]
		if (!(boq == -1 && ( can_release(1) )))
			continue;

		reached[0][446] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_442_0: /* 2 */
		if (!(( can_release(1) )))
			Uerror("block in d_step seq");
S_443_0: /* 2 */
		/* c_code224 */
		{  do_release(1); check("release", 1, 9);  }
;
S_444_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 115: // STATE 450 - cluster.pml:90 - [D_STEP90]
		if (!(boq == -1 && ( can_release(2) )))
			continue;

		reached[0][450] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_446_0: /* 2 */
		if (!(( can_release(2) )))
			Uerror("block in d_step seq");
S_447_0: /* 2 */
		/* c_code226 */
		{  do_release(2); check("release", 2, 9);  }
;
S_448_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 116: // STATE 454 - cluster.pml:91 - [D_STEP91]
		if (!(boq == -1 && ( can_restart_daemon(0) )))
			continue;

		reached[0][454] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_450_0: /* 2 */
		if (!(( can_restart_daemon(0) )))
			Uerror("block in d_step seq");
S_451_0: /* 2 */
		/* c_code228 */
		{  do_restart_daemon(0); check("restart_daemon", 0, 9);  }
;
S_452_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 117: // STATE 458 - cluster.pml:91 - [D_STEP91]
		if (!(boq == -1 && ( can_restart_daemon(1) )))
			continue;

		reached[0][458] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_454_0: /* 2 */
		if (!(( can_restart_daemon(1) )))
			Uerror("block in d_step seq");
S_455_0: /* 2 */
		/* c_code230 */
		{  do_restart_daemon(1); check("restart_daemon", 1, 9);  }
;
S_456_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 118: // STATE 462 - cluster.pml:91 - [D_STEP91]
		if (!(boq == -1 && ( can_restart_daemon(2) )))
			continue;

		reached[0][462] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_458_0: /* 2 */
		if (!(( can_restart_daemon(2) )))
			Uerror("block in d_step seq");
S_459_0: /* 2 */
		/* c_code232 */
		{  do_restart_daemon(2); check("restart_daemon", 2, 9);  }
;
S_460_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 119: // STATE 466 - cluster.pml:92 - [D_STEP92]
		if (!(boq == -1 && ( can_reboot(0) )))
			continue;

		reached[0][466] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_462_0: /* 2 */
		if (!(( can_reboot(0) )))
			Uerror("block in d_step seq");
S_463_0: /* 2 */
		/* c_code234 */
		{  do_reboot(0); check("reboot", 0, 9);  }
;
S_464_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 120: // STATE 470 - cluster.pml:92 - [D_STEP92]
		if (!(boq == -1 && ( can_reboot(1) )))
			continue;

		reached[0][470] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_466_0: /* 2 */
		if (!(( can_reboot(1) )))
			Uerror("block in d_step seq");
S_467_0: /* 2 */
		/* c_code236 */
		{  do_reboot(1); check("reboot", 1, 9);  }
;
S_468_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 121: // STATE 474 - cluster.pml:92 - [D_STEP92]
		if (!(boq == -1 && ( can_reboot(2) )))
			continue;

		reached[0][474] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_470_0: /* 2 */
		if (!(( can_reboot(2) )))
			Uerror("block in d_step seq");
S_471_0: /* 2 */
		/* c_code238 */
		{  do_reboot(2); check("reboot", 2, 9);  }
;
S_472_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 122: // STATE 478 - cluster.pml:93 - [D_STEP93]
		if (!(boq == -1 && ( can_lose_record(0) )))
			continue;

		reached[0][478] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_474_0: /* 2 */
		if (!(( can_lose_record(0) )))
			Uerror("block in d_step seq");
S_475_0: /* 2 */
		/* c_code240 */
		{  do_lose_record(0); check("lose_record", 0, 9);  }
;
S_476_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 123: // STATE 482 - cluster.pml:93 - [D_STEP93]
		if (!(boq == -1 && ( can_lose_record(1) )))
			continue;

		reached[0][482] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_478_0: /* 2 */
		if (!(( can_lose_record(1) )))
			Uerror("block in d_step seq");
S_479_0: /* 2 */
		/* c_code242 */
		{  do_lose_record(1); check("lose_record", 1, 9);  }
;
S_480_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 124: // STATE 486 - cluster.pml:93 - [D_STEP93]
		if (!(boq == -1 && ( can_lose_record(2) )))
			continue;

		reached[0][486] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save();
		S_482_0: /* 2 */
		if (!(( can_lose_record(2) )))
			Uerror("block in d_step seq");
S_483_0: /* 2 */
		/* c_code244 */
		{  do_lose_record(2); check("lose_record", 2, 9);  }
;
S_484_0: /* 2 */
		spin_assert((((int)now.bad)==0), "(bad==0)", II, tt, t);
		goto S_487_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		_m = 3; goto P999;

	case 125: // STATE 490 - cluster.pml:95 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[0][490] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		_m = 3; goto P999;
#undef rand
	}

