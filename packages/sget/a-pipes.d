pipes.o: src/pipes.c src/pipes.h
src/pipes.h:
