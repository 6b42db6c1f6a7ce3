stream.o: src/stream.c src/stream.h src/buffer.h src/failures.h \
 src/failures.def
src/stream.h:
src/buffer.h:
src/failures.h:
src/failures.def:
