	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* PROC cluster */
	case 3: // STATE 2
		sv_restor();
		goto R999;
	case 4: // STATE 6
		sv_restor();
		goto R999;
	case 5: // STATE 10
		sv_restor();
		goto R999;
	case 6: // STATE 14
		sv_restor();
		goto R999;
	case 7: // STATE 18
		sv_restor();
		goto R999;
	case 8: // STATE 22
		sv_restor();
		goto R999;
	case 9: // STATE 26
		sv_restor();
		goto R999;
	case 10: // STATE 30
		sv_restor();
		goto R999;
	case 11: // STATE 34
		sv_restor();
		goto R999;
	case 12: // STATE 38
		sv_restor();
		goto R999;
	case 13: // STATE 42
		sv_restor();
		goto R999;
	case 14: // STATE 46
		sv_restor();
		goto R999;
	case 15: // STATE 50
		sv_restor();
		goto R999;
	case 16: // STATE 54
		sv_restor();
		goto R999;
	case 17: // STATE 58
		sv_restor();
		goto R999;
	case 18: // STATE 62
		sv_restor();
		goto R999;
	case 19: // STATE 66
		sv_restor();
		goto R999;
	case 20: // STATE 70
		sv_restor();
		goto R999;
	case 21: // STATE 74
		sv_restor();
		goto R999;
	case 22: // STATE 78
		sv_restor();
		goto R999;
	case 23: // STATE 82
		sv_restor();
		goto R999;
	case 24: // STATE 86
		sv_restor();
		goto R999;
	case 25: // STATE 90
		sv_restor();
		goto R999;
	case 26: // STATE 94
		sv_restor();
		goto R999;
	case 27: // STATE 98
		sv_restor();
		goto R999;
	case 28: // STATE 102
		sv_restor();
		goto R999;
	case 29: // STATE 106
		sv_restor();
		goto R999;
	case 30: // STATE 110
		sv_restor();
		goto R999;
	case 31: // STATE 114
		sv_restor();
		goto R999;
	case 32: // STATE 118
		sv_restor();
		goto R999;
	case 33: // STATE 122
		sv_restor();
		goto R999;
	case 34: // STATE 126
		sv_restor();
		goto R999;
	case 35: // STATE 130
		sv_restor();
		goto R999;
	case 36: // STATE 134
		sv_restor();
		goto R999;
	case 37: // STATE 138
		sv_restor();
		goto R999;
	case 38: // STATE 142
		sv_restor();
		goto R999;
	case 39: // STATE 146
		sv_restor();
		goto R999;
	case 40: // STATE 150
		sv_restor();
		goto R999;
	case 41: // STATE 154
		sv_restor();
		goto R999;
	case 42: // STATE 158
		sv_restor();
		goto R999;
	case 43: // STATE 162
		sv_restor();
		goto R999;
	case 44: // STATE 166
		sv_restor();
		goto R999;
	case 45: // STATE 170
		sv_restor();
		goto R999;
	case 46: // STATE 174
		sv_restor();
		goto R999;
	case 47: // STATE 178
		sv_restor();
		goto R999;
	case 48: // STATE 182
		sv_restor();
		goto R999;
	case 49: // STATE 186
		sv_restor();
		goto R999;
	case 50: // STATE 190
		sv_restor();
		goto R999;
	case 51: // STATE 194
		sv_restor();
		goto R999;
	case 52: // STATE 198
		sv_restor();
		goto R999;
	case 53: // STATE 202
		sv_restor();
		goto R999;
	case 54: // STATE 206
		sv_restor();
		goto R999;
	case 55: // STATE 210
		sv_restor();
		goto R999;
	case 56: // STATE 214
		sv_restor();
		goto R999;
	case 57: // STATE 218
		sv_restor();
		goto R999;
	case 58: // STATE 222
		sv_restor();
		goto R999;
	case 59: // STATE 226
		sv_restor();
		goto R999;
	case 60: // STATE 230
		sv_restor();
		goto R999;
	case 61: // STATE 234
		sv_restor();
		goto R999;
	case 62: // STATE 238
		sv_restor();
		goto R999;
	case 63: // STATE 242
		sv_restor();
		goto R999;
	case 64: // STATE 246
		sv_restor();
		goto R999;
	case 65: // STATE 250
		sv_restor();
		goto R999;
	case 66: // STATE 254
		sv_restor();
		goto R999;
	case 67: // STATE 258
		sv_restor();
		goto R999;
	case 68: // STATE 262
		sv_restor();
		goto R999;
	case 69: // STATE 266
		sv_restor();
		goto R999;
	case 70: // STATE 270
		sv_restor();
		goto R999;
	case 71: // STATE 274
		sv_restor();
		goto R999;
	case 72: // STATE 278
		sv_restor();
		goto R999;
	case 73: // STATE 282
		sv_restor();
		goto R999;
	case 74: // STATE 286
		sv_restor();
		goto R999;
	case 75: // STATE 290
		sv_restor();
		goto R999;
	case 76: // STATE 294
		sv_restor();
		goto R999;
	case 77: // STATE 298
		sv_restor();
		goto R999;
	case 78: // STATE 302
		sv_restor();
		goto R999;
	case 79: // STATE 306
		sv_restor();
		goto R999;
	case 80: // STATE 310
		sv_restor();
		goto R999;
	case 81: // STATE 314
		sv_restor();
		goto R999;
	case 82: // STATE 318
		sv_restor();
		goto R999;
	case 83: // STATE 322
		sv_restor();
		goto R999;
	case 84: // STATE 326
		sv_restor();
		goto R999;
	case 85: // STATE 330
		sv_restor();
		goto R999;
	case 86: // STATE 334
		sv_restor();
		goto R999;
	case 87: // STATE 338
		sv_restor();
		goto R999;
	case 88: // STATE 342
		sv_restor();
		goto R999;
	case 89: // STATE 346
		sv_restor();
		goto R999;
	case 90: // STATE 350
		sv_restor();
		goto R999;
	case 91: // STATE 354
		sv_restor();
		goto R999;
	case 92: // STATE 358
		sv_restor();
		goto R999;
	case 93: // STATE 362
		sv_restor();
		goto R999;
	case 94: // STATE 366
		sv_restor();
		goto R999;
	case 95: // STATE 370
		sv_restor();
		goto R999;
	case 96: // STATE 374
		sv_restor();
		goto R999;
	case 97: // STATE 378
		sv_restor();
		goto R999;
	case 98: // STATE 382
		sv_restor();
		goto R999;
	case 99: // STATE 386
		sv_restor();
		goto R999;
	case 100: // STATE 390
		sv_restor();
		goto R999;
	case 101: // STATE 394
		sv_restor();
		goto R999;
	case 102: // STATE 398
		sv_restor();
		goto R999;
	case 103: // STATE 402
		sv_restor();
		goto R999;
	case 104: // STATE 406
		sv_restor();
		goto R999;
	case 105: // STATE 410
		sv_restor();
		goto R999;
	case 106: // STATE 414
		sv_restor();
		goto R999;
	case 107: // STATE 418
		sv_restor();
		goto R999;
	case 108: // STATE 422
		sv_restor();
		goto R999;
	case 109: // STATE 426
		sv_restor();
		goto R999;
	case 110: // STATE 430
		sv_restor();
		goto R999;
	case 111: // STATE 434
		sv_restor();
		goto R999;
	case 112: // STATE 438
		sv_restor();
		goto R999;
	case 113: // STATE 442
		sv_restor();
		goto R999;
	case 114: // STATE 446
		sv_restor();
		goto R999;
	case 115: // STATE 450
		sv_restor();
		goto R999;
	case 116: // STATE 454
		sv_restor();
		goto R999;
	case 117: // STATE 458
		sv_restor();
		goto R999;
	case 118: // STATE 462
		sv_restor();
		goto R999;
	case 119: // STATE 466
		sv_restor();
		goto R999;
	case 120: // STATE 470
		sv_restor();
		goto R999;
	case 121: // STATE 474
		sv_restor();
		goto R999;
	case 122: // STATE 478
		sv_restor();
		goto R999;
	case 123: // STATE 482
		sv_restor();
		goto R999;
	case 124: // STATE 486
		sv_restor();
		goto R999;

	case 125: // STATE 490
		;
		p_restor(II);
		;
		;
		goto R999;
	}

