hide.o: src/hide.c src/hide.h src/failures.h src/buffer.h \
 src/failures.def
src/hide.h:
src/failures.h:
src/buffer.h:
src/failures.def:
