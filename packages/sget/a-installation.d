installation.o: src/installation.c src/installation.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/paths.h
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/paths.h:
