paths.o: src/paths.c src/paths.h src/failures.h src/buffer.h \
 src/failures.def src/limits.h
src/paths.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
