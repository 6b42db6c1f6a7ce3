quiet.o: src/quiet.c src/quiet.h
src/quiet.h:
