options.o: src/options.c src/options.h src/failures.h src/buffer.h \
 src/failures.def src/limits.h src/paths.h src/ref.h src/variable.h
src/options.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/paths.h:
src/ref.h:
src/variable.h:
