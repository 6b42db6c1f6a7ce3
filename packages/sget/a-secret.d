secret.o: src/secret.c src/secret.h src/failures.h src/buffer.h \
 src/failures.def
src/secret.h:
src/failures.h:
src/buffer.h:
src/failures.def:
