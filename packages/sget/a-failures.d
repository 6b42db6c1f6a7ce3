failures.o: src/failures.c src/failures.h src/buffer.h src/failures.def \
 src/limits.h
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
