search.o: src/search.c src/search.h src/failures.h src/buffer.h \
 src/failures.def src/limits.h src/paths.h
src/search.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/paths.h:
