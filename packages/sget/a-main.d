main.o: src/main.c src/client.h src/installation.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/launch.h src/pipes.h \
 src/report.h
src/client.h:
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/launch.h:
src/pipes.h:
src/report.h:
