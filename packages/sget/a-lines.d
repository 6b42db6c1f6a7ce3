lines.o: src/lines.c src/lines.h
src/lines.h:
