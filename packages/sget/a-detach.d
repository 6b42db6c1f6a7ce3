detach.o: src/detach.c src/detach.h src/launch.h src/installation.h \
 src/failures.h src/buffer.h src/failures.def src/limits.h src/lines.h
src/detach.h:
src/launch.h:
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/lines.h:
