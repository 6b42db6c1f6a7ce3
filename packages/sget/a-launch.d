launch.o: src/launch.c src/launch.h src/installation.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/detach.h src/home.h \
 src/paths.h
src/launch.h:
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/detach.h:
src/home.h:
src/paths.h:
